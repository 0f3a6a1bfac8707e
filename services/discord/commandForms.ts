/** A command's form: declared by schemas, shown as Discord wants it. */
import * as SchemaAST from "effect/SchemaAST"
import { type Fields, flat, isName, isShape, propertiesOf } from "./commandOptions.ts"
import type { Form, RegisteredForm } from "./commandTypes.ts"

const Part = { menu: 3, textInput: 4, label: 18 } as const
const style = { line: 1, paragraph: 2 } as const
/** A text that may be longer than this has several lines to be written in. */
const longestLine = 100
const longestText = 4000
const mostFields = 5
const longestWords = 45

/** Derives the form from its fields; throws a `TypeError` that begins with `whose` when Discord would not take it. */
export const registerForm = (whose: string, { fields, title }: Form<Fields>): RegisteredForm => {
  const fail = (what: string): never => {
    throw new TypeError(`${whose} ${what}`)
  }
  const names = Object.keys(fields)
  if (title.length < 1 || title.length > longestWords) {
    fail(`has a form whose title has no 1 to ${longestWords} characters.`)
  }
  if (names.length < 1 || names.length > mostFields) {
    fail(`has a form of ${names.length} fields; it takes 1 to ${mostFields}.`)
  }
  const { properties, required } = propertiesOf(fields)
  return {
    title,
    components: Object.entries(fields).map(([name, field]) => {
      const shape = flat(properties[name])
      if (!isName(name)) return fail(`has a field "${name}": a name is 1 to 32 small letters, digits, - and _.`)
      if (!isShape(shape) || shape.type !== "string") {
        return fail(`has a field ${name} that is no text and no literal of text. Discord's forms have no others.`)
      }
      const description = shape.description ?? SchemaAST.resolveDescription(field.ast) ?? ""
      if (description.length < 1 || description.length > longestWords) {
        return fail(
          `needs a description of its field ${name}, 1 to ${longestWords} characters: .annotate({ description }).`
        )
      }
      const common = { custom_id: name, required: required.includes(name) }
      const component = shape.enum === undefined
        ? { type: Part.textInput, ...common, ...sizeOf(shape) }
        : { type: Part.menu, ...common, options: shape.enum.map((value) => ({ label: `${value}`, value: `${value}` })) }
      if ((shape.enum?.length ?? 0) > 25) return fail(`has more than 25 choices for its field ${name}.`)
      return { type: Part.label, label: description, component }
    })
  }
}

const sizeOf = ({ maxLength, minLength }: { readonly maxLength?: number; readonly minLength?: number }) => ({
  style: maxLength !== undefined && maxLength <= longestLine ? style.line : style.paragraph,
  ...(minLength === undefined ? {} : { min_length: Math.min(minLength, longestText) }),
  ...(maxLength === undefined ? {} : { max_length: Math.min(Math.max(maxLength, 1), longestText) })
})
