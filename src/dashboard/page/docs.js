/** Shows the OpenAPI document as a page, with nothing but what this server sends. */
import { html, render } from "./preact.js"
import { get } from "./server.js"

/** Writes a JSON schema as a short type; alternatives that differ by their tag are named by it. */
const type = (document, schema, indent = "") => {
  if (!schema) return "nothing"
  if (schema.$ref) return type(document, document.components.schemas[schema.$ref.split("/").at(-1)], indent)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  const several = schema.anyOf ?? schema.oneOf
  if (several) return alternatives(document, several, indent)
  if (schema.type === "array") return `${type(document, schema.items, indent)}[]`
  if (schema.type !== "object") return schema.type ?? "any"
  const inner = `${indent}  `
  const fields = Object.entries(schema.properties ?? {})
    .map(([name, field]) => `${inner}${name}: ${type(document, field, inner)}\n`)
  return fields.length === 0 ? "{}" : `{\n${fields.join("")}${indent}}`
}

const alternatives = (document, several, indent) =>
  several.length > 1
    ? several.map((one) => one.properties?._tag?.enum?.[0] ?? type(document, one, indent)).join(" | ")
    : type(document, several[0], indent)

const bodyOf = (part) => Object.values(part?.content ?? {})[0]?.schema

const Answer = ({ document, status, response }) =>
  html`<details>
    <summary><b>${status}</b> ${response.description}</summary>
    <pre>${type(document, bodyOf(response))}</pre>
  </details>`

const Operation = ({ document, method, path, operation }) => {
  const sent = operation.requestBody
    && html`<h4>Send</h4><pre>${type(document, bodyOf(operation.requestBody))}</pre>`
  const answer = ([status, response]) =>
    html`<${Answer} key=${status} document=${document} status=${status} response=${response} />`
  return html`<li class="card operation">
    <h3><span class="tag">${method.toUpperCase()}</span><code>${path}</code></h3>
    <p>${operation.description}</p>
    ${sent}
    ${Object.entries(operation.responses).map(answer)}
  </li>`
}

const Docs = ({ document }) => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  )
  return html`
    <header class="top narrow">
      <h1 class="brand">${document.info.title} API</h1>
      <nav aria-label="More"><a href="./">Dashboard</a><a href="api/openapi.json">openapi.json</a></nav>
    </header>
    <main class="docs">
      <p>${document.info.description}</p>
      <ul>${
    operations.map((one) => html`<${Operation} key=${one.method + one.path} document=${document} ...${one} />`)
  }</ul>
    </main>
  `
}

const root = document.getElementById("app")
get("api/openapi.json").then(
  (found) => render(html`<${Docs} document=${found} />`, root),
  (error) => render(html`<p class="notice" role="alert">${error.message} <a href="./">Dashboard</a></p>`, root)
)
