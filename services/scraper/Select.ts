/** What to take out of a page: CSS selectors, and the items that they make. */
import * as Schema from "effect/Schema"

const selector = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(1000))

/** What a value becomes: text without needless white space, a number, an absolute address, or the element's HTML. */
export const As = Schema.Literals(["text", "number", "url", "html"])
export type As = typeof As.Type

/**
 * One field of an item.
 *
 * **Details**
 * - `css`: the first element that matches inside of the item's element; a selector may begin with a combinator (`> h2`).
 *   Left out: the item's element itself.
 * - `attribute`: takes this attribute instead of what the element contains.
 * - `as`: default `"text"`, and `"url"` for the attributes `href` and `src`. A value that is no number, or no address, is
 *   null.
 * - `all`: takes all elements that match, as an array, 1000 at most.
 * - `required`: an item without this field is no item.
 * - `page`: takes this of the page instead: its final address, or its title.
 */
export const Field = Schema.Struct({
  css: Schema.optionalKey(selector),
  attribute: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))),
  as: Schema.optionalKey(As),
  all: Schema.optionalKey(Schema.Boolean),
  required: Schema.optionalKey(Schema.Boolean),
  page: Schema.optionalKey(Schema.Literals(["url", "title"]))
})
export type Field = typeof Field.Type

/**
 * The items of a page.
 *
 * **Details**
 * - `each`: a selector; each element that matches is one item. Left out: the page is one item.
 * - `fields`: by name; a text is short for `{ css: text }`. 1 to 100 fields.
 *
 * **Example**
 *
 * ```ts
 * const select: Select = {
 *   each: "article.product",
 *   fields: { name: "h2", price: { css: ".price", as: "number" }, link: { css: "a", attribute: "href" } }
 * }
 * ```
 */
export const Select = Schema.Struct({
  each: Schema.optionalKey(selector),
  fields: Schema.Record(Schema.String, Schema.Union([selector, Field])).check(
    Schema.makeFilter((fields) => {
      const names = Object.keys(fields)
      if (names.includes("__proto__")) return "a field can't be called __proto__"
      return (names.length >= 1 && names.length <= 100) || "select takes 1 to 100 fields"
    })
  )
})
export type Select = typeof Select.Type

const Single = Schema.Union([Schema.String, Schema.Finite, Schema.Null])

/** A field's value: null where nothing matched, an array with `all`. */
export const Value = Schema.Union([Single, Schema.Array(Single)])
export type Value = typeof Value.Type

/** One item, by the names of its fields. */
export const Item = Schema.Record(Schema.String, Value)
export type Item = typeof Item.Type
