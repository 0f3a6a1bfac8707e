/** What Discord's own client would not let people send: choices of a menu, and fields of a form. */
import { type Component, ComponentType } from "./components.ts"

/** Why these values can't be chosen in a menu, in a sentence for the person; undefined when they can. */
export const problemOfValues = (component: Component, values: ReadonlyArray<string>): string | undefined => {
  const { max_values = 1, min_values = 1, options, type } = component
  if (type === ComponentType.button) return undefined
  if (values.length < min_values || values.length > max_values) return `Choose ${min_values} to ${max_values}.`
  const known = options?.map(({ value }) => value)
  return known !== undefined && values.some((value) => !known.includes(value)) ? "There is no such choice." : undefined
}

/** Why a field of a form can't be sent with these values, in a sentence for the person; undefined when it can. */
export const problemOfField = (field: Component, values: ReadonlyArray<string>): string | undefined => {
  const { label, required = true, type } = field
  const name = label ?? field.custom_id ?? "The field"
  const text = values[0] ?? ""
  if (text === "") return required ? `${name} is required.` : undefined
  return type === ComponentType.textInput ? problemOfText(name, text, field) : undefined
}

const problemOfText = (
  name: string,
  text: string,
  { max_length = 4000, min_length = 0 }: Component
): string | undefined =>
  text.length < min_length || text.length > max_length
    ? `${name} takes ${min_length} to ${max_length} characters.`
    : undefined
