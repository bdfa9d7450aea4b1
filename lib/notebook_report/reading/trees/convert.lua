-- Runs inside pandoc: `pandoc lua convert.lua`, a JSON request on standard input, a JSON answer on standard output.
--
--   {task: "keys", bibliography}                     →  {keys: [key]} or {fault}
--   {task: "cite", bibliography, keys}               →  {forms: [[text]], works: [{id, document}]}
--   {task: "write", target, documents: [document]}   →  {texts: [{text, problem}], notes: [text]}
--
-- A document is pandoc's own JSON, as a string. One process does the whole batch, because starting it is what costs.
-- Everything that the two targets write differently is here, and nowhere else.

-- The options of pandoc's writers. Code in Markdown cells is left plain.
local writing = { html = { wrap_text = "none" }, typst = { wrap_text = "none" } }

local function plainly(inlines, target)
  local messages, text = pandoc.log.silence(pandoc.write, pandoc.Pandoc({ pandoc.Plain(inlines) }), target, writing[target])
  return text, #messages > 0
end

-- What could not be written, of the document at hand.
local problem

local function quoted(text)
  return '"' .. text:gsub("%s+", " "):gsub('[\\"]', "\\%0") .. '"'
end

local typst = {}

-- The number is the document's: Typst prints it and counts nothing.
function typst.Header(header)
  local words, failed = plainly(header.content, "typst")
  if failed then problem = problem or words end
  local arguments = "(" .. header.level .. ", " .. quoted(header.attributes.number or "") .. ")"
  local heading = "#section" .. arguments .. "[" .. words .. "] #label(" .. quoted(header.identifier) .. ")"
  return pandoc.RawBlock("typst", "#before-section(" .. header.level .. ")\n" .. heading)
end

-- A picture in the text is as large as it asks for, as far as the page goes. A pixel is what it is on a page of the web.
local units = { [""] = "0.75pt", px = "0.75pt", rem = "10.5pt", ["%"] = "0.01 * text-width" }

function typst.Image(image)
  local arguments = { quoted(image.src), "alt: " .. quoted(pandoc.utils.stringify(image.caption)) }
  for _, side in ipairs({ "width", "height" }) do
    local number, unit = (image.attributes[side] or ""):match("^(%d[%d.]*)(%D*)$")
    if number and not (side == "height" and (arguments[3] or unit == "%")) then
      table.insert(arguments, side .. ": " .. number .. " * " .. (units[unit] or "1" .. unit))
    end
  end
  return pandoc.RawInline("typst", "#picture-in-text(" .. table.concat(arguments, ", ") .. ")")
end

-- On paper, a link leads to the web or to a place in the document; that of a file beside the notebook is only words.
function typst.Link(link)
  if not (link.target:match("^#") or link.target:match("^%a+:")) then return link.content end
end

-- What was printed, and is no code.
function typst.CodeBlock(block)
  if block.classes[1] ~= "output" then return nil end
  block.classes = {}
  return { pandoc.RawBlock("typst", "#printed["), block, pandoc.RawBlock("typst", "]") }
end

-- What an author has named, for links.
local function anchored(element, raw)
  if element.identifier == "" then return nil end
  local label = raw("typst", "#[#metadata(none)#label(" .. quoted(element.identifier) .. ")]")
  element.identifier = ""
  return { label, element }
end

function typst.Span(span) return anchored(span, pandoc.RawInline) end

-- An empty one takes no room.
function typst.Div(div)
  local named = anchored(div, pandoc.RawBlock)
  if #div.content == 0 then return named and { named[1] } or {} end
  return named
end

-- Pandoc's own, a backslash at the end of a line, would take away the meaning of what follows the text.
function typst.LineBreak()
  return pandoc.RawInline("typst", "#linebreak();")
end

-- Typst takes a text apart at each match of an expression that it shows in another way, such as a letter that no face
-- has, and gives up after 512 of them. So a long text is several, which end before a blank.
local most_letters = 300  -- as in `style.typ` and `pdf.py`
local blank = { Space = true, SoftBreak = true, LineBreak = true }
-- With one alone no line begins, as if it were an item.
local dashes = { ["-"] = true, ["–"] = true, ["—"] = true }
local function is_dash(it) return it and it.t == "Str" and dashes[it.text] end

-- No line ends between a bracket and the code in it, between letters and the formula at them, between code and the
-- letters of its plural, and between code or a formula, after which stands the mark of a unit, and a hyphen.
local function holds_together(it, after)
  if it.t == "Str" and after.t == "RawInline" then return after.text:match("^/%*<") and it.text:match("%a$") end
  if it.t == "Str" then return after.t == "Code" and it.text:match("[%(%[{]$") end
  if after.t ~= "Str" then return false end
  if it.t == "Code" then return after.text:match("^-?%a") end
  return it.t == "RawInline" and it.text:match("^/%*>") and after.text:match("^-%a")
end

function typst.Inlines(inlines)
  local shown, n, first = pandoc.List(), 0, 1
  for i, it in ipairs(inlines) do
    if blank[it.t] and n >= most_letters then
      shown:insert(first, pandoc.RawInline("typst", "#own-text["))
      shown:insert(pandoc.RawInline("typst", "];"))
      n, first = 0, #shown + 1
    end
    local after = inlines[i + 1]
    local is_before_dash = blank[it.t] and it.t ~= "LineBreak" and is_dash(after) and not is_dash(inlines[i - 1])
    shown:insert(is_before_dash and pandoc.Str("\u{a0}") or it)
    if after and holds_together(it, after) then shown:insert(pandoc.RawInline("typst", "#sym.wj;")) end
    n = n + utf8.len(pandoc.utils.stringify(it))
  end
  return shown
end

-- A point that follows a formula or emphasis, and that letters follow, would ask Typst for a field of it; a hyphen
-- before a digit would be a minus, three points an ellipsis, and a slash with the comment that marks a unit after it
-- the beginning of another. Where the words of a link, of a cell or of a note begin, "1." and a sign alone would be that
-- of a list or of a heading.
function typst.Str(str)
  if str.text:match("^[-+/=]+$") then return pandoc.RawInline("typst", (str.text:gsub(".", "\\%0"))) end
  if str.text:gsub("\u{2007}", ""):match("^%d+%.$") then return pandoc.RawInline("typst", (str.text:gsub("%.", "\\."))) end
  local special = { "^%.%f[^.]", "%-%d", "%.%.%.", "/$" }
  if not pandoc.List(special):find_if(function(pattern) return str.text:match(pattern) end) then return nil end
  local parts = pandoc.List()
  for words, sign in str.text:gmatch("([^-./]*)([-./]?)") do
    parts:insert(pandoc.Str(words))
    if sign ~= "" then parts:insert(pandoc.RawInline("typst", "\\" .. sign)) end
  end
  return parts
end

local html = {}
local notes = {}

-- Attributes are lists of pairs: the order of a table's named fields changes from run to run.
local function scrolling(name)
  return { { "tabindex", "0" }, { "role", "group" }, { "aria-label", name } }
end

local function in_line(it)
  return it.t == "RawInline" and (it.text:match("^<math") or it.text:match('^<span class="formula"'))
end

-- A few letters beside a formula, such as those of km³/year.
local function is_unit(text) return text:match("^%a[%a/]*$") and #text <= 8 end

-- No line ends between a formula and the signs at it, such as a comma: nothing less than this keeps browsers from it.
-- One that stands alone shows where it goes on.
function html.Inlines(inlines)
  if #inlines == 1 and in_line(inlines[1]) then return pandoc.Span(inlines, pandoc.Attr("", { "alone" })) end
  local shown = pandoc.List()
  for i, it in ipairs(inlines) do
    if in_line(it) then
      local before, after, opening, closing = shown[#shown], inlines[i + 1], nil, nil
      if before and before.t == "Str" then before.text, opening = before.text:match("^(.-)([%(%[]*)$") end
      if before and before.t == "Str" and is_unit(before.text) then before.text, opening = "", before.text .. opening end
      if after and after.t == "Str" then closing, after.text = after.text:match("^(%p*)(.*)$") end
      if closing and is_unit(after.text) then closing, after.text = closing .. after.text, "" end
      if (opening or "") .. (closing or "") ~= "" then
        it = pandoc.Span({ pandoc.Str(opening or ""), it, pandoc.Str(closing or "") }, pandoc.Attr("", { "whole" }))
      end
    end
    shown:insert(it)
  end
  return shown
end

-- The document's title is the only h1. Every heading ends with a link to itself; its words stand beside its number.
function html.Header(header)
  local number = header.attributes.number
  local name = "“" .. (header.attributes.name or "") .. "”"
  local anchors = header.attributes.anchors or ""
  header.attributes.number, header.attributes.name, header.attributes.anchors = nil, nil, nil
  if number then name = (number:match("^%d") and "Section " or "Appendix ") .. number end
  local permalink = pandoc.Attr("", { "permalink" }, { { "aria-label", "Link to " .. name } })
  if header.identifier ~= "" then
    header.content:insert(pandoc.Link({ pandoc.Str("¶") }, "#" .. header.identifier, "", permalink))
  end
  for anchor in anchors:gmatch("%S+") do header.content:insert(1, pandoc.Span({}, pandoc.Attr(anchor))) end
  if number and number:match("^%u+$") then number = "Appendix " .. number end
  header.level = math.min(header.level + 1, 6)
  if number then
    local counted = pandoc.Span({ pandoc.Str(number) }, pandoc.Attr("", { "number" }))
    header.content = { counted, pandoc.Space(), pandoc.Span(header.content) }
  end
  return header
end

-- Hyphens that stand for a dash stay on one line.
function html.Str(str)
  if str.text:match("^%-%-%-?$") then return pandoc.Span({ str }, pandoc.Attr("", { "whole" })) end
end

-- Short code with a hyphen stays on one line.
function html.Code(code)
  if code.text:match("%-") and utf8.len(code.text) <= 16 then code.classes = { "whole" } end
  return code
end

function html.Table(table)
  return pandoc.Div({ table }, pandoc.Attr("", { "scroll" }, scrolling("Table")))
end

function html.CodeBlock(block)
  return pandoc.CodeBlock(block.text, pandoc.Attr("", {}, { { "tabindex", "0" } }))
end

-- Footnotes of all documents count on from one another and stand together at the end.
function html.Note(note)
  local n = #notes + 1
  local content = note.content
  local back = pandoc.Link({ pandoc.Str("↩\u{FE0E}") }, "#fnref-" .. n, "",
    pandoc.Attr("", {}, { { "role", "doc-backlink" }, { "aria-label", "Back to the text of note " .. n } }))
  local last = content[#content]
  if last and (last.t == "Para" or last.t == "Plain") then
    last.content:extend({ pandoc.Space(), back })
  else
    content:insert(pandoc.Plain({ back }))
  end
  notes[n] = pandoc.write(pandoc.Pandoc(content), "html", writing.html)
  return pandoc.Link({ pandoc.Superscript({ pandoc.Str(tostring(n)) }) }, "#fn-" .. n, "",
    pandoc.Attr("fnref-" .. n, {}, { { "role", "doc-noteref" }, { "aria-label", "Note " .. n } }))
end

local targets = { html = html, typst = typst }

local function write(doc, target)
  problem = nil
  local filter = targets[target]
  doc = doc:walk({ Image = filter.Image })
  doc = doc:walk({ Inlines = filter.Inlines })
  doc = doc:walk({ Header = filter.Header, Table = filter.Table, Code = filter.Code, CodeBlock = filter.CodeBlock,
    Note = filter.Note, LineBreak = filter.LineBreak, Link = filter.Link, Span = filter.Span, Div = filter.Div, Str = filter.Str })
  local messages, text = pandoc.log.silence(pandoc.write, doc, target, writing[target])
  if #messages > 0 then problem = problem or text end
  return { text = text, problem = problem }
end

-- All documents are written at once, with a mark behind each: a writer takes a millisecond for nothing at all. If that
-- fails, each is written alone, which tells which of them it was.
local function write_all(documents, target)
  local docs = pandoc.List(documents):map(function(document) return pandoc.read(document, "json") end)
  local blocks = pandoc.List()
  for _, doc in ipairs(docs) do
    blocks:extend(doc.blocks)
    blocks:insert(pandoc.RawBlock(target, "\1"))
  end
  local whole = write(pandoc.Pandoc(blocks), target)
  local texts = pandoc.List()
  for text in whole.text:gmatch("([^\1]*)\1") do texts:insert({ text = text }) end
  if #texts == #docs and not whole.problem then return texts end
  notes = {}
  return docs:map(function(doc) return write(doc, target) end)
end

local function works_of(bibliography)
  return pandoc.read(bibliography, "bibtex").meta.references or {}
end

local function keys(bibliography)
  local read, works = pcall(works_of, bibliography)
  if not read then return { fault = tostring(works):gsub("%s+", " ") } end
  return { keys = pandoc.List(works):map(function(work) return pandoc.utils.stringify(work.id) end) }
end

-- What a citation of each work says, by its authors and year and by its year alone; all at once, since what is cited
-- beside a work decides how it is told from others.
local modes = pandoc.List({ "NormalCitation", "SuppressAuthor" })

local function cite(keys, bibliography)
  local blocks = pandoc.List(keys):map(function(key)
    return pandoc.Div(modes:map(function(mode)
      return pandoc.Para({ pandoc.Cite({ pandoc.Str("") }, { pandoc.Citation(key, mode) }) })
    end))
  end)
  local whole = pandoc.utils.citeproc(pandoc.Pandoc(blocks, { references = works_of(bibliography) }))
  local works = whole.blocks:remove(#blocks + 1).content
  local function words(block)
    local said = pandoc.utils.stringify(block)
    return said:match("^%((.*)%)$") or said
  end
  return {
    forms = whole.blocks:map(function(div) return div.content:map(words) end),
    works = works:map(function(work)
      return { id = work.identifier, document = pandoc.write(pandoc.Pandoc(work.content), "json") }
    end),
  }
end

local request = pandoc.json.decode(io.read("a"), false)
local answer
if request.task == "keys" then
  answer = keys(request.bibliography)
elseif request.task == "cite" then
  answer = cite(request.keys, request.bibliography)
else
  local texts = write_all(request.documents, request.target)
  answer = { texts = texts, notes = pandoc.List(notes) }
end
io.write(pandoc.json.encode(answer))
