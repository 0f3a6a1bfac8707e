/** A form that the bot shows: a dialog with its fields. */
import { html, useEffect, useRef, useState } from "./preact.js"

const label = 18
const textInput = 4
const paragraph = 2

/** The fields of a form, each with the words beside it. */
const fieldsOf = (components) =>
  components.flatMap((top) =>
    top.type === label
      ? [{ ...top.component, label: top.label, description: top.description }]
      : (top.components ?? [])
  ).filter(({ custom_id }) => custom_id !== undefined)

const Field = ({ field, set }) => {
  const common = {
    name: field.custom_id,
    required: field.required !== false,
    placeholder: field.placeholder ?? "",
    minlength: field.min_length,
    maxlength: field.max_length ?? 4000,
    defaultValue: field.value ?? "",
    onInput: ({ currentTarget }) => set(field.custom_id, [currentTarget.value])
  }
  const choose = ({ currentTarget }) =>
    set(field.custom_id, [...currentTarget.selectedOptions].map(({ value }) => value).filter((value) => value !== ""))
  return html`<label class="field">
    <span>${field.label ?? field.custom_id}${common.required && html`<b aria-hidden="true"> *</b>`}</span>
    ${field.description && html`<span class="muted">${field.description}</span>`}
    ${
    field.type !== textInput
      ? html`<select name=${field.custom_id} multiple=${(field.max_values ?? 1) > 1} onChange=${choose}>
          <option value="">${field.placeholder ?? "Choose"}</option>
          ${(field.options ?? []).map(({ label, value }) => html`<option value=${value}>${label}</option>`)}
        </select>`
      : field.style === paragraph
      ? html`<textarea rows="4" ...${common}></textarea>`
      : html`<input ...${common} />`
  }
  </label>`
}

/** `submit(values)` resolves to what is wrong, or to nothing. */
export const Form = ({ form, submit, close }) => {
  const dialog = useRef(null)
  const fields = fieldsOf(form.components)
  const [values, setValues] = useState(() =>
    Object.fromEntries(fields.map(({ custom_id, value }) => [custom_id, value === undefined ? [] : [value]]))
  )
  const [problem, setProblem] = useState("")
  useEffect(() => dialog.current.showModal(), [])
  const send = async (event) => {
    event.preventDefault()
    const wrong = await submit(values)
    if (wrong === undefined) close()
    else setProblem(wrong)
  }
  return html`<dialog ref=${dialog} aria-labelledby="form-title" onClose=${close}>
    <form onSubmit=${send}>
      <h2 id="form-title">${form.title}</h2>
      ${
    fields.map((field) =>
      html`<${Field} key=${field.custom_id} field=${field}
          set=${(name, value) => setValues((all) => ({ ...all, [name]: value }))} />`
    )
  }
      ${problem !== "" && html`<p class="problem" role="alert">${problem}</p>`}
      <p class="buttons">
        <button type="button" class="component" onClick=${close}>Cancel</button>
        <button class="component primary">Submit</button>
      </p>
    </form>
  </dialog>`
}
