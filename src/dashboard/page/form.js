/** A form made from a JSON schema: a field for what is simple, JSON for everything else. */
import { html } from "./preact.js"

/** Follows a reference into the document's definitions. */
const resolved = (schema, definitions) => {
  const name = schema?.$ref?.split("/").at(-1)
  return name === undefined ? schema ?? {} : definitions?.[name] ?? {}
}

/** What kind of field a schema gets. */
export const kindOf = (schema, definitions) => {
  const { enum: options, properties, type } = resolved(schema, definitions)
  if (options) return "choice"
  if (type === "boolean" || type === "string") return type
  if (type === "number" || type === "integer") return "number"
  return type === "object" && properties ? "object" : "json"
}

/** The value that a field begins with: nothing is sent of a field that stays empty. */
export const initial = (schema, definitions) => {
  const kind = kindOf(schema, definitions)
  if (kind === "boolean") return false
  if (kind !== "object") return ""
  const { properties } = resolved(schema, definitions)
  return Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, initial(field, definitions)]))
}

const objectOf = (schema, definitions, typed, isRequired, path) => {
  const { properties, required = [] } = resolved(schema, definitions)
  const given = Object.entries(properties).map(([name, field]) => [
    name,
    valueOf(field, definitions, typed[name], required.includes(name), path === "" ? name : `${path}.${name}`)
  ]).filter(([, value]) => value !== undefined)
  return given.length === 0 && !isRequired ? undefined : Object.fromEntries(given)
}

const parsed = (typed, path) => {
  try {
    return JSON.parse(typed)
  } catch {
    throw new Error(`${path || "The payload"} is no JSON. Write texts with quotes: "like this".`)
  }
}

/** The JSON of what was typed; undefined for an empty optional field. Throws an Error that names the field. */
export const valueOf = (schema, definitions, typed, isRequired, path) => {
  const kind = kindOf(schema, definitions)
  if (kind === "object") return objectOf(schema, definitions, typed, isRequired, path)
  if (kind === "boolean") return typed || isRequired ? typed : undefined
  if (typed === "") return isRequired && kind === "string" ? "" : undefined
  switch (kind) {
    case "number":
      return Number(typed)
    case "choice":
      return resolved(schema, definitions).enum.find((option) => String(option) === typed)
    case "string":
      return typed
    default:
      return parsed(typed, path)
  }
}

const hint = (schema, definitions) => {
  const { anyOf, items, type } = resolved(schema, definitions)
  if (type === "array") return `JSON, such as [${items?.type === "string" ? `"one"` : ""}]`
  return anyOf ? `JSON: ${anyOf.map((one) => resolved(one, definitions).type ?? "object").join(" or ")}` : "JSON"
}

/** One field, or a group of them. `onChange` gets the new value. */
export const Field = ({ schema, definitions, name, id, value, isRequired, onChange }) => {
  const kind = kindOf(schema, definitions)
  const { description, enum: options, properties, required = [], type } = resolved(schema, definitions)
  const typed = (event) => onChange(event.currentTarget.value)
  const label = html`<span>${name}${!isRequired && html`<small> optional</small>`}</span>
    ${description && html`<small>${description}</small>`}`
  if (kind === "object") {
    const fields = Object.entries(properties).map(([field, of]) =>
      html`<${Field} key=${field} schema=${of} definitions=${definitions} name=${field} id=${`${id}-${field}`}
        value=${value[field]} isRequired=${required.includes(field)}
        onChange=${(changed) => onChange({ ...value, [field]: changed })} />`
    )
    return name === "" ? fields : html`<fieldset><legend>${name}</legend>${fields}</fieldset>`
  }
  if (kind === "boolean") {
    return html`<label class="check"><input type="checkbox" checked=${value}
      onChange=${(event) => onChange(event.currentTarget.checked)} />${label}</label>`
  }
  if (kind === "choice") {
    return html`<label>${label}<select value=${value} required=${isRequired} onChange=${typed}>
      <option value=""></option>
      ${options.map((option) => html`<option key=${option} value=${String(option)}>${String(option)}</option>`)}
    </select></label>`
  }
  if (kind === "json") {
    return html`<label>${label}<textarea rows="2" spellcheck="false" value=${value} required=${isRequired}
      placeholder=${hint(schema, definitions)} onInput=${typed}></textarea></label>`
  }
  return html`<label>${label}<input type=${kind === "number" ? "number" : "text"} value=${value} autocomplete="off"
    step=${type === "integer" ? "1" : "any"} required=${isRequired && kind === "number"} onInput=${typed} /></label>`
}
