// MathJax inside QuickJS, with the packages that JupyterLab loads. `readFile` reads a file of its distribution.
//
// convert(tex, display) returns MathML on one line. Three things are left for the document to settle, and marked there:
// a row with \label or \tag has its label as the id of its first cell, a number that the document gives it and a
// reference say ??? (a reference names its label in data-label), and an undefined command has data-undefined.

globalThis.window = undefined;
globalThis.console = { log() {}, warn() {}, error() {} };
globalThis.setTimeout = (work) => { Promise.resolve().then(work); };
globalThis.evaluate = (name) => { (0, eval)(readFile(name.replace(/^.*es5\//, ""))); return {}; };

function extend() {
  const { Configuration } = MathJax._.input.tex.Configuration;
  const { CommandMap } = MathJax._.input.tex.SymbolMap;
  const { AbstractTags, TagsFactory } = MathJax._.input.tex.Tags;

  // Not a class: MathJax derives others from it in the old way.
  function LabelledTags() { AbstractTags.call(this); }
  LabelledTags.prototype = {
    __proto__: AbstractTags.prototype,
    constructor: LabelledTags,
    formatId() { return this.label || ""; },
    autoTag() {
      if (this.label && this.currentTag.tag == null) this.tag("???", false);
    },
    // A label within split is that of the equation around it.
    clearTag() {
      const { labelId, taggable } = this.currentTag;
      super.clearTag();
      if (labelId && !taggable && this.stack.length) this.stack[this.stack.length - 1].labelId = labelId;
    },
    getTag() {
      const { taggable, noTag } = this.currentTag;
      if (taggable && !noTag) this.autoTag();
      return this.currentTag.tag ? super.getTag() : null;
    },
    finalize(node, env) {
      if (env.display && !this.currentTag.env) this.autoTag();
      return super.finalize(node, env);
    },
  };
  TagsFactory.add("labelled", LabelledTags);

  const refer = (parser, name, words) => {
    parser.Push(parser.create("token", "mtext", { "data-label": parser.GetArgument(name) }, words));
  };
  // All that \require could load is here.
  const require = (parser, name) => { parser.GetArgument(name); };
  const commands = { ref: ["refer", "???"], eqref: ["refer", "(???)"], require: ["require"] };
  new CommandMap("own", commands, { refer, require });
  const undefined_command = (parser, name) => {
    parser.Push(parser.create("token", "mtext", { mathcolor: "red", "data-undefined": "true" }, "\\" + name));
  };
  Configuration.create("document", { handler: { macro: ["own"] }, fallback: { macro: undefined_command } });
}

globalThis.MathJax = {
  loader: { paths: { mathjax: "es5" }, load: ["adaptors/liteDOM", "input/tex-full"], require: evaluate },
  tex: {
    packages: { "[-]": ["require", "autoload", "bussproofs", "noundefined", "tagformat"], "[+]": ["document"] },
    tags: "labelled",
    ignoreDuplicateLabels: true,
  },
  startup: { typeset: false, ready() { extend(); MathJax.startup.defaultReady(); } },
};
evaluate("startup.js");

// What MathJax's own writers ask of each element: TeX's class of it, and the space before it in eighteenths of an em.
// A fraction, to which MathJax gives no class, is as a letter to what follows it.
const SPACES = { thinmathspace: 3, mediummathspace: 4, thickmathspace: 5 };
function describe(root) {
  const { TEXCLASS, TEXCLASSNAMES } = MathJax._.core.MmlTree.MmlNode;
  root.walkTree((node) => { if (node.isKind("mfrac")) node.texClass = TEXCLASS.ORD; });
  root.setTeXclass(null);
  root.walkTree((node) => {
    if (!node.attributes) return;
    node.attributes.set("data-class", TEXCLASSNAMES[node.texClass] || "");
    const space = SPACES[node.texSpacing && node.texSpacing()];
    if (space) node.attributes.set("data-space", space);
  });
}

// A string made of many pieces is deep: QuickJS must flatten it before it can leave.
globalThis.convert = (tex, display) => {
  const root = MathJax.startup.document.convert(tex, { display, end: MathJax._.core.MathItem.STATE.CONVERT });
  describe(root);
  return MathJax.startup.toMML(root).split("\n").join(" ");
};
