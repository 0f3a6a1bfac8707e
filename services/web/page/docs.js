/** Shows the OpenAPI document as a page, with nothing but what this server sends. */
import { html, render } from "./preact.js"
import { get } from "./server.js"

/** Writes a JSON schema as a short type; `depth` keeps recursive ones finite. */
const type = (document, schema, depth = 0) => {
  if (!schema) return "nothing"
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1)
    return depth > 3 ? name : type(document, document.components.schemas[name], depth + 1)
  }
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  const several = schema.anyOf ?? schema.oneOf
  if (several) return several.map((one) => type(document, one, depth + 1)).join(" | ")
  if (schema.type === "array") return `${type(document, schema.items, depth + 1)}[]`
  if (schema.type === "object") {
    const indent = "  ".repeat(depth + 1)
    const fields = Object.entries(schema.properties ?? {}).map(([name, field]) =>
      `${indent}${name}: ${type(document, field, depth + 1)}`
    )
    return fields.length === 0 ? "{}" : `{\n${fields.join("\n")}\n${"  ".repeat(depth)}}`
  }
  return schema.type ?? "any"
}

const bodyOf = (part) => Object.values(part?.content ?? {})[0]?.schema

const Answer = ({ document, status, response }) =>
  html`<details open=${status === "200"}>
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
    <header class="top">
      <h1 class="brand">${document.info.title}</h1>
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
