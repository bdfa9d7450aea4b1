-- Runs inside pandoc: `pandoc lua convert.lua`, a JSON request on standard input, a JSON answer on standard output.
--
--   {task: "parse", texts: [{format, text}]}         →  [{document, warned}]
--   {task: "keys", bibliography}                     →  {keys: [key]} or {fault}
--   {task: "cite", bibliography, keys}               →  {forms: [[text]], works: [{id, document}]}
--   {task: "write", target, documents: [document]}   →  {texts: [{text, problem}], notes: [text]}
--
-- A document is pandoc's own JSON, as a string. One process does the whole batch, because starting it is what costs.
-- Everything that the two targets write differently is here, and nowhere else.

local function parse(item)
  -- With an environment of its own, empty, a reader opens no file and no address that the text names.
  local messages, document = pandoc.log.silence(pandoc.read, item.text, item.format, nil, {})
  return { document = pandoc.write(document, "json"), warned = #messages > 0 }
end

-- The options of pandoc's writers. Code in Markdown cells is left plain.
local writing = { html = { html_math_method = "mathml", wrap_text = "none" }, typst = { wrap_text = "none" } }

local function plainly(inlines, target)
  local messages, text = pandoc.log.silence(pandoc.write, pandoc.Pandoc({ pandoc.Plain(inlines) }), target, writing[target])
  return text, #messages > 0
end

-- The TeX that could not be written, of the document at hand.
local problem

-- Signs that Typst takes for more than signs, and how to write them as themselves. For \& stands one that nobody writes.
local ampersand = "\u{FDD1}"
local signs = { ["√"] = "\\u{221a}", ["∛"] = "\\u{221b}", ["∜"] = "\\u{221c}", [ampersand] = "\\u{26}" }

-- Repair what pandoc 3.9 writes for Typst 0.15: circled operators have a new name there, some signs are more than
-- signs, and the star of \operatorname*, which puts limits below, would be lost.
local function corrected(text, tex)
  text = text:gsub("%.circle%f[^%w]", ".o"):gsub(utf8.charpattern, signs)
  for name in tex:gmatch("\\operatorname%*(%b{})") do
    local words = plainly({ pandoc.Math("InlineMath", "\\operatorname" .. name) }, "typst"):match('"(.-)"')
    if words then text = text:gsub('"' .. words:gsub("%p", "%%%0") .. '"', 'op("' .. words .. '", limits: #true)') end
  end
  return text
end

-- Widths of the spaces that pandoc writes for Typst by name. All others it cuts down to whole ems, so that \; is none
-- at all; in MathML they are right.
local named = pandoc.List({ "0.0em", "0.167em", "0.222em", "0.333em", "1.0em" })
local whole = "#h%((%-?%d+)em%)"

local function whole_ems(width) return math.floor(tonumber(width:match("^(.*)em$"))) end

local function spaced(text, math)
  local cut, widths = pandoc.List(), pandoc.List()
  for ems in text:gmatch(whole) do cut:insert(tonumber(ems)) end
  if #cut == 0 then return text end
  for width in plainly({ math }, "html"):gmatch('<mspace width="([^"]*)"') do
    if not named:includes(width) then widths:insert(width) end
  end
  if widths:map(whole_ems) ~= cut then return text end
  return (text:gsub(whole, function() return "#h(" .. widths:remove(1) .. ")" end))
end

-- Environments that are grids: the brackets they bring along, how far apart their columns stand on paper, and on which
-- side of them their cells. All others are lines, of which & only tells what stands below what.
local grids = {
  matrix = {}, smallmatrix = {}, array = { apart = "1em" }, cases = { "\\{", ".", apart = "1em", side = "left" },
  pmatrix = { "(", ")" }, bmatrix = { "[", "]" }, Bmatrix = { "\\{", "\\}" }, vmatrix = { "|", "|" },
  Vmatrix = { "\\|", "\\|" },
}
local lines = { apart = "0em" }
local brackets = { ["\\Vert"] = '"‖"', ["("] = '"("', [")"] = '")"', ["["] = '"["', ["]"] = '"]"', ["\\{"] = '"{"', ["\\}"] = '"}"',
  ["|"] = '"|"', ["\\|"] = '"‖"', ["."] = "none" }

-- A word that stands in TeX for what only Typst can say, made of a sign that nobody writes; and how pandoc writes it.
local function word(name) return "{\\text{\u{FDD0}" .. name .. "}}" end
local function written(name) return 'upright%("\u{FDD0}' .. name .. '"%)' end

-- The innermost environment of TeX, the last of them: what stands before it, its name, what is in it, what follows.
local function innermost(tex)
  local before, name, rest = tex:match("^(.*)\\begin%s*{%s*(%a+)%*?%s*}(.*)$")
  if name then return before, name, rest:match("^(.-)\\end%s*{%s*%a+%*?%s*}(.*)$") end
end

local function matrix(name, body, left, right)
  local grid = grids[name] or lines
  local columns = (name == "array" or name:match("at$")) and body:match("^%s*%b{}") or ""
  local side = columns:match("^%s*{[l%s]+}$") and "left" or columns:match("^%s*{[r%s]+}$") and "right" or grid.side
  body = body:sub(#columns + 1):gsub("\\\\%s*$", "")
  if grid == lines then body = body:gsub("\\?.", { ["&"] = word("") }) end
  local whole = pandoc.Math("InlineMath", "\\left[\\begin{matrix}" .. body .. "\\end{matrix}\\right]")
  local cells = plainly({ whole }, "typst"):match('^%$mat%(delim: "%[", (.*)%)%$$')
  return cells and "mat(delim: #(" .. brackets[left] .. ", " .. brackets[right] .. "), align: #" .. (side or "center")
    .. ", column-gap: #" .. (grid.apart or "0.5em") .. ", " .. cells:gsub(written(""), "&") .. ")"
end

-- Pandoc writes a grid for Typst as lines of the whole formula, unless brackets of one kind are around it. So each is
-- written apart, the innermost first, and a word stands for it meanwhile; lines that are the whole formula are right.
local function gridded(math)
  local tex, parts = math.text:match("^%s*\\begin{equation%*?}(.*)\\end{equation%*?}%s*$") or math.text, pandoc.List()
  local before, name, body, after = innermost(tex)
  while body and (grids[name] or not (before .. after):match("^%s*[.,;]?%s*$")) do
    local left, right = table.unpack(grids[name] or lines)
    local outside, opening = before:match("^(.*)\\left%s*(\\?[^%s%a])%s*$")
    local closing, beyond = after:match("^%s*\\right%s*(\\?[^%s%a])(.*)$")
    if not opening then outside, opening = before:match("^(.*)\\left%s*(\\Vert)%s*$") end
    if not closing then closing, beyond = after:match("^%s*\\right%s*(\\Vert)(.*)$") end
    if not left and brackets[opening] and brackets[closing] then
      before, left, right, after = outside, opening, closing, beyond
    end
    parts:insert(matrix(name, body, left or ".", right or ".") or "")
    tex = before .. word(#parts) .. after
    before, name, body, after = innermost(tex)
  end
  local text, failed = plainly({ pandoc.Math(math.mathtype, tex) }, "typst")
  for i = #parts, 1, -1 do text = text:gsub(written(i), function() return parts[i] end) end
  return text, failed or parts:includes("")
end

-- Pandoc takes the bars of a norm for a relation, unless they are called by the one name that it knows.
local function normed(tex)
  for _, side in ipairs({ "left", "right" }) do
    for _, bars in ipairs({ "\\|", "\\lVert%f[%A]", "\\rVert%f[%A]" }) do
      tex = tex:gsub("\\" .. side .. "%s*" .. bars, "\\" .. side .. "\\Vert ")
    end
  end
  return tex
end

local function formula(math, target)
  local text, failed = plainly({ math }, target)
  if target == "typst" and not failed then
    local tex = normed(math.text):gsub("\\.", { ["\\&"] = ampersand, ["\\|"] = "\\Vert " })
    text, failed = gridded(pandoc.Math(math.mathtype, tex))
    text = spaced(corrected(text, tex), math)
  end
  if failed then problem = problem or math.text end
  return text
end

local function quoted(text)
  return '"' .. text:gsub("%s+", " "):gsub('[\\"]', "\\%0") .. '"'
end

local typst = {}

-- PDF/UA wants words for every formula; the TeX source is what a listener to mathematics can use.
function typst.Math(math)
  return pandoc.RawInline("typst", "#[#set math.equation(alt: " .. quoted(math.text) .. ");" .. formula(math, "typst") .. "]")
end

function typst.Span(span)
  if not span.classes:includes("equation") then return nil end
  local math = span.content[1]
  local set = "#[#set math.equation(alt: " .. quoted(math.text)
  if span.attributes.number then set = set .. ", numbering: _ => [(" .. span.attributes.number .. ")]" end
  local label = span.identifier ~= "" and (" <" .. span.identifier .. ">") or ""
  return pandoc.RawInline("typst", set .. ");" .. formula(math, "typst") .. label .. "]"), false
end

-- The number is the document's: Typst prints it and counts nothing.
function typst.Header(header)
  local words, failed = plainly(header.content, "typst")
  if failed then problem = problem or words end
  local arguments = "(" .. header.level .. ", " .. quoted(header.attributes.number or "") .. ")"
  local heading = "#section" .. arguments .. "[" .. words .. "] #label(" .. quoted(header.identifier) .. ")"
  return pandoc.RawBlock("typst", "#before-section(" .. header.level .. ")\n" .. heading)
end

-- A picture in the text is as large as it asks for, as far as the page goes.
function typst.Image(image)
  local alt = quoted(pandoc.utils.stringify(image.caption))
  return pandoc.RawInline("typst", "#picture-in-text(" .. quoted(image.src) .. ", " .. alt .. ")")
end

-- Pandoc's own, a backslash at the end of a line, would take away the meaning of what follows the text.
function typst.LineBreak()
  return pandoc.RawInline("typst", "#linebreak();")
end

-- A point that follows a formula or emphasis, and that letters follow, would ask Typst for a field of it.
function typst.Str(str)
  if not str.text:match("^%.%f[^.]") then return nil end
  return { pandoc.RawInline("typst", "\\."), pandoc.Str(str.text:sub(2)) }
end

local html = {}
local notes = {}

-- Attributes are lists of pairs: the order of a table's named fields changes from run to run.
local function scrolling(name)
  return { { "tabindex", "0" }, { "role", "group" }, { "aria-label", name } }
end

function html.Math(math)
  return pandoc.RawInline("html", (formula(math, "html")))
end

function html.Span(span)
  if not span.classes:includes("equation") then return nil end
  local number = span.attributes.number
  local name = number and ("Equation " .. number) or "Equation"
  local content = { pandoc.Span({ pandoc.RawInline("html", (formula(span.content[1], "html"))) },
    pandoc.Attr("", { "formula" }, scrolling(name))) }
  if number then content[2] = pandoc.Span({ pandoc.Str("(" .. number .. ")") }, pandoc.Attr("", { "number" })) end
  return pandoc.Span(content, pandoc.Attr(span.identifier, { "equation" })), false
end

-- The document's title is the only h1.
function html.Header(header)
  local number = header.attributes.number
  header.attributes.number = nil
  if number and number:match("^%u+$") then number = "Appendix " .. number end
  header.level = math.min(header.level + 1, 6)
  if number then
    header.content:insert(1, pandoc.Span({ pandoc.Str(number) }, pandoc.Attr("", { "number" })))
    header.content:insert(2, pandoc.Space())
  end
  return header
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
  if content[#content].t == "Para" or content[#content].t == "Plain" then
    content[#content].content:extend({ pandoc.Space(), back })
  else
    content:insert(pandoc.Plain({ back }))
  end
  notes[n] = pandoc.write(pandoc.Pandoc(content), "html", writing.html)
  return pandoc.Link({ pandoc.Superscript({ pandoc.Str(tostring(n)) }) }, "#fn-" .. n, "",
    pandoc.Attr("fnref-" .. n, {}, { { "role", "doc-noteref" }, { "aria-label", "Note " .. n } }))
end

local targets = { html = html, typst = typst }

local function write(document, target)
  problem = nil
  local filter = targets[target]
  local doc = pandoc.read(document, "json")
  -- From the top, so that a span can deal with the formula in it; then each other kind on its own.
  doc = doc:walk({ traverse = "topdown", Span = filter.Span })
  doc = doc:walk({ Math = filter.Math, Image = filter.Image })
  doc = doc:walk({ Header = filter.Header, Table = filter.Table, CodeBlock = filter.CodeBlock, Note = filter.Note,
    LineBreak = filter.LineBreak, Str = filter.Str })
  local messages, text = pandoc.log.silence(pandoc.write, doc, target, writing[target])
  if #messages > 0 then problem = problem or text end
  return { text = text, problem = problem }
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
if request.task == "parse" then
  answer = pandoc.List(request.texts):map(parse)
elseif request.task == "keys" then
  answer = keys(request.bibliography)
elseif request.task == "cite" then
  answer = cite(request.keys, request.bibliography)
else
  local texts = pandoc.List(request.documents):map(function(document) return write(document, request.target) end)
  answer = { texts = texts, notes = pandoc.List(notes) }
end
io.write(pandoc.json.encode(answer))
