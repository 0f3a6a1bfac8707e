/** Shows a message as Discord does: bold, code, links and lists; everything else is plain text. */
import { html } from "./preact.js"

const marks = /(\*\*[^*\n]+\*\*|`[^`\n]+`|<https?:\/\/[^\s<>]+>|https?:\/\/[^\s<>]+)/

const link = (url) => html`<a href=${url} target="_blank" rel="noreferrer">${url}</a>`

const inline = (text) =>
  text.split(marks).map((part) => {
    if (/^\*\*.+\*\*$/.test(part)) return html`<b>${part.slice(2, -2)}</b>`
    if (/^`.+`$/.test(part)) return html`<code>${part.slice(1, -1)}</code>`
    if (/^<https?:.+>$/.test(part)) return link(part.slice(1, -1))
    return /^https?:\/\//.test(part) ? link(part) : part
  })

const line = (text) =>
  text.startsWith("- ") ? html`<p class="item">${inline(text.slice(2))}</p>` : html`<p>${inline(text)}</p>`

/** Parts between fences of three backquotes are code; the others are lines. */
export const Markdown = ({ text }) =>
  text.split("```").map((part, i) =>
    i % 2 === 1
      ? html`<pre tabindex="0">${part.replace(/^\w*\n/, "")}</pre>`
      : part.split("\n").filter((one) => one !== "").map(line)
  )
