/**
 * Takes items out of a tree by CSS selectors, in steps: the page's author may wish us ill, and with `:has` or `~` a selector
 * looks at a part of the tree for each of its elements.
 */
import { compile } from "css-select"
import { type AnyNode, type Document, Element, isTag, isText } from "domhandler"
import type { Steps } from "../pace.ts"
import { collapsed } from "./kept.ts"
import type { Field, Item, Select, Value } from "./Select.ts"
import { make as makeTree, type Tree } from "./tree.ts"

/** Items of one page, values of one field, characters of one value, and of all of a page's. */
const most = { items: 1000, values: 1000, text: 20_000, total: 2_000_000 } as const

type Test = (element: Element) => boolean

/** A selection that can be made: its selectors are sound. */
export interface Selection {
  readonly each: Test | undefined
  readonly fields: ReadonlyArray<readonly [name: string, field: Field & { readonly matches: Matches }]>
}

/** Makes what tells whether an element below `scope` matches. */
type Matches = ((scope: Element | Document) => Test) | undefined

/** Reads a selection; a text says why it can't be made. */
export const read = (select: Select): Selection | string => {
  let at = "each"
  try {
    const each = select.each === undefined ? undefined : compiled(select.each)
    const fields = Object.entries(select.fields).map(([name, given]) => {
      at = name
      const field = typeof given === "string" ? { css: given } : given
      return [name, { ...field, matches: field.css === undefined ? undefined : matching(field.css) }] as const
    })
    return { each, fields }
  } catch (error) {
    return `the selector of "${at}" can't be used: ${error instanceof Error ? error.message : error}`
  }
}

const compiled = (selector: string, scope?: AnyNode): Test => compile<AnyNode, Element>(selector, {}, scope)

/** One that names its scope has to be compiled for each of them. */
const matching = (selector: string): Matches => {
  compiled(selector)
  const isRelative = /:scope|^\s*[>+~]|,\s*[>+~]/.test(selector)
  if (isRelative) return (scope) => compiled(selector, scope)
  const matches = compiled(selector)
  return () => matches
}

/** What was taken out of a page. */
export interface Taken {
  readonly items: ReadonlyArray<Item>
  readonly isCut: boolean
}

/** Begins the tree that a selection is made in. */
export const tree = (): Tree => makeTree()

/** Where the items of a page are from. */
export interface Source {
  readonly root: Document
  readonly url: string
  readonly base: string
  readonly title: string
}

/** Takes the items. */
export const take = function*(selection: Selection, source: Source): Steps<Taken> {
  const items: Array<Item> = []
  let characters = 0
  let isCut = false
  const elements = selection.each === undefined ? [source.root] : below(source.root, selection.each)
  for (const element of elements) {
    if (element === undefined) {
      yield
      continue
    }
    if (items.length >= most.items || characters >= most.total) {
      isCut = true
      break
    }
    const item = yield* itemOf(selection, element, source)
    if (item === undefined) continue
    items.push(item)
    for (const value of Object.values(item).flat()) characters += typeof value === "string" ? value.length : 8
  }
  return { items, isCut }
}

const itemOf = function*(
  { fields }: Selection,
  scope: Element | Document,
  source: Source
): Steps<Item | undefined> {
  // No prototype: a field may be called "__proto__".
  const item: Record<string, Value> = Object.create(null)
  for (const [name, field] of fields) {
    const value = yield* valueOf(field, scope, source)
    const isMissing = value === null || value === "" || (Array.isArray(value) && value.length === 0)
    if (isMissing && field.required === true) return undefined
    item[name] = value
  }
  return item
}

const valueOf = function*(
  field: Selection["fields"][number][1],
  scope: Element | Document,
  source: Source
): Steps<Value> {
  if (field.page !== undefined) return source[field.page]
  const found: Array<string | number | null> = []
  const elements = field.matches === undefined ? [scope] : below(scope, field.matches(scope))
  for (const element of elements) {
    if (element === undefined) {
      yield
      continue
    }
    found.push(yield* single(field, element, source))
    if (field.all !== true || found.length >= most.values) break
  }
  return field.all === true ? found.filter((value) => value !== null) : found[0] ?? null
}

/** The elements below a node that match, in the order of the document; and undefined after some that don't. */
const below = function*(
  scope: Element | Document,
  matches: Test
): Generator<Element | undefined> {
  let steps = 0
  const path: Array<{ readonly children: ReadonlyArray<AnyNode>; at: number }> = [{ children: scope.children, at: 0 }]
  for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
    const node = last.children[last.at++]
    if (node === undefined) {
      path.pop()
      continue
    }
    if (!(node instanceof Element)) continue
    if (++steps % 16 === 0) yield undefined
    if (matches(node)) yield node
    path.push({ children: node.children, at: 0 })
  }
}

const single = function*(field: Field, element: Element | Document, source: Source): Steps<string | number | null> {
  const { attribute } = field
  const as = field.as ?? (attribute === "href" || attribute === "src" ? "url" : "text")
  if (as === "html") return html(element)
  let text: string
  if (attribute === undefined) text = yield* textOf(element)
  else {
    const value = element instanceof Element ? element.attribs[attribute.toLowerCase()] : undefined
    if (value === undefined) return null
    text = value.slice(0, most.text).trim()
  }
  if (as === "number") return numberOf(text)
  if (as === "url") return URL.parse(text, source.base)?.href ?? null
  return text
}

/** Never shown, so no text. */
const silent = new Set(["script", "style", "template", "noscript"])

const textOf = function*(element: Element | Document): Steps<string> {
  const text = collapsed(most.text)
  const stack: Array<AnyNode | string> = [element]
  let steps = 0
  for (let node = stack.pop(); node !== undefined && !text.isCut(); node = stack.pop()) {
    if (++steps % 64 === 0) yield
    if (typeof node === "string") text.add(node)
    else if (isText(node)) text.add(node.data)
    else if ("children" in node && (node === element || !isSilent(node))) {
      if (node instanceof Element && isBlock(node.name)) {
        text.add(" ")
        stack.push(" ")
      }
      pushChildren(stack, node)
    }
  }
  return text.get()
}

const isSilent = (node: AnyNode): boolean => node instanceof Element && silent.has(node.name)

/** Puts the children of a node on a stack, the first one on top. */
const pushChildren = (stack: Array<AnyNode | string>, { children }: { readonly children: ReadonlyArray<AnyNode> }) => {
  for (let n = children.length - 1; n >= 0; n--) {
    const child = children[n]
    if (child !== undefined) stack.push(child)
  }
}

const isBlock = (name: string): boolean =>
  /^(address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)$/
    .test(name)

/**
 * Reads the first number of a text: `"£1,234.50"` is 1234.5, `"1.234,50 €"` too, `"none"` is null.
 *
 * **Details**
 * - Of two different separators the last one is the decimal one, and one that comes several times separates thousands. A
 *   single comma separates thousands when three digits follow it; a single dot is always the decimal one.
 */
export const numberOf = (text: string): number | null => {
  const [found] =
    /[-+\u2212]?\d(?:[\d.,'\u2019\u00a0\u202f ]{0,50}\d)?(?:[eE][-+]?\d{1,3})?/.exec(text.slice(0, 1000)) ?? []
  if (found === undefined) return null
  const sign = /^[-\u2212]/.test(found) ? -1 : 1
  const [digits = "", exponent] = found.replace(/^[-+\u2212]/, "").replace(/['\u2019\u00a0\u202f]/g, "").split(/[eE]/)
  // A space separates thousands, or two numbers.
  const first = /^\d{1,3}(?: \d{3})+(?!\d)/.exec(digits)?.[0] === undefined
    ? digits.split(" ", 1).join("")
    : digits.replaceAll(" ", "")
  const number = Number(`${decimal(first)}${exponent === undefined ? "" : `e${exponent}`}`)
  return Number.isFinite(number) ? sign * number : null
}

const decimal = (digits: string): string => {
  const commas = digits.split(",").length - 1
  const dots = digits.split(".").length - 1
  const last = Math.max(digits.lastIndexOf(","), digits.lastIndexOf("."))
  const areThousands = commas === 0 ? dots > 1 : dots === 0 && (commas > 1 || /^[1-9]\d{0,2},\d{3}$/.test(digits))
  const whole = last < 0 || areThousands ? digits : digits.slice(0, last)
  const plain = whole.replace(/[.,]/g, "")
  return last < 0 || areThousands ? plain : `${plain}.${digits.slice(last + 1)}`
}

const empty = new Set("area base br col embed hr img input link meta source track wbr".split(" "))

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;")

/** What an element contains, as HTML. */
const html = (element: Element | Document): string => {
  let text = ""
  const stack: Array<AnyNode | string> = element.children.toReversed()
  for (let node = stack.pop(); node !== undefined && text.length < most.text; node = stack.pop()) {
    if (typeof node === "string") text += node
    else if (isText(node)) {
      // No more of it is kept, however much there is.
      const data = node.data.slice(0, most.text)
      text += rawText(node) ? data : escaped(data)
    } else if (isTag(node)) {
      const attributes = Object.entries(node.attribs).map(([name, value]) => ` ${name}="${escaped(value)}"`).join("")
      text += `<${node.name}${attributes}>`
      if (empty.has(node.name)) continue
      stack.push(`</${node.name}>`)
      pushChildren(stack, node)
    }
  }
  return text.slice(0, most.text).toWellFormed()
}

const rawText = ({ parent }: AnyNode): boolean =>
  parent instanceof Element && (parent.name === "script" || parent.name === "style")
