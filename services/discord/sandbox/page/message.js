/** One message: text, embeds, files, buttons, menus and reactions. Shared by the sandbox's page and the dashboard. */
import { Markdown } from "./markdown.js"
import { html, useState } from "./preact.js"
import { clock } from "./words.js"

const hex = (color) => `#${color.toString(16).padStart(6, "0")}`

/** The policy of the pages allows no style attributes; a colour is set by script. */
const tint = (color) => (element) => {
  if (element !== null && color !== undefined) element.style.borderInlineStartColor = hex(color)
}

const Link = ({ to, children }) =>
  /^https?:\/\//.test(to ?? "") ? html`<a href=${to} target="_blank" rel="noreferrer">${children}</a>` : children

const Embed = ({ embed }) => {
  const { author, color, description, fields = [], footer, image, thumbnail, timestamp, title, url } = embed
  const below = [footer, timestamp === undefined ? undefined : new Date(timestamp).toLocaleString()]
  return html`<article class="embed" ref=${tint(color)}>
    ${thumbnail && html`<img class="thumbnail" src=${thumbnail} alt="" />`}
    ${author && html`<p class="embed-author">${author}</p>`}
    ${title && html`<h3><${Link} to=${url}>${title}<//></h3>`}
    ${description && html`<div class="embed-text"><${Markdown} text=${description} /></div>`}
    ${
    fields.length > 0 && html`<dl>${
      fields.map((field) =>
        html`<div class=${field.inline ? "field inline" : "field"}>
        <dt>${field.name}</dt><dd><${Markdown} text=${field.value} /></dd>
      </div>`
      )
    }</dl>`
  }
    ${image && html`<img class="picture" src=${image} alt="" />`}
    ${
    footer || timestamp
      ? html`<p class="embed-footer">${below.filter((part) => part !== undefined).join(" · ")}</p>`
      : null
  }
  </article>`
}

const File = ({ file }) =>
  file.type.startsWith("image/")
    ? html`<a class="file" href=${file.url} target="_blank" rel="noreferrer">
        <img class="picture" src=${file.url} alt=${file.name} />
      </a>`
    : html`<a class="file" href=${file.url} download>${file.name} <span class="muted">${file.bytes} bytes</span></a>`

const Button = ({ of, press }) =>
  of.url === undefined
    ? html`<button type="button" class=${`component ${of.style}`} disabled=${of.disabled}
        onClick=${() => press(of.customId)}>${of.label}</button>`
    : html`<a class="component link" href=${/^https?:\/\//.test(of.url) ? of.url : undefined} target="_blank"
        rel="noreferrer">${of.label}</a>`

const Menu = ({ of, press }) => {
  const [chosen, setChosen] = useState([])
  const one = of.most === 1 && of.least <= 1
  const change = ({ currentTarget }) => {
    const values = [...currentTarget.selectedOptions].map(({ value }) => value).filter((value) => value !== "")
    setChosen(values)
    if (one && values.length === 1) press(of.customId, values)
  }
  return html`<span class="menu">
    <select aria-label=${of.placeholder} multiple=${!one} disabled=${of.disabled} onChange=${change}>
      ${one && html`<option value="">${of.placeholder}</option>`}
      ${
    of.options.map(({ description, label, value }) =>
      html`<option value=${value} title=${description ?? ""}>${label}</option>`
    )
  }
    </select>
    ${
    !one && html`<button type="button" class="component secondary" disabled=${chosen.length < of.least}
      onClick=${() => press(of.customId, chosen)}>Choose</button>`
  }
  </span>`
}

const Component = ({ of, press }) => {
  switch (of._tag) {
    case "Button":
      return html`<${Button} of=${of} press=${press} />`
    case "Menu":
      return html`<${Menu} of=${of} press=${press} />`
    default:
      return html`<div class="text"><${Markdown} text=${of.text} /></div>`
  }
}

/** Emojis that are at hand. */
const usual = ["👍", "👎", "❤️", "🎉"]

const Reactions = ({ reactions, react }) =>
  html`<p class="reactions">
    ${
    reactions.map(({ count, emoji, name }) =>
      html`<button type="button" key=${emoji} aria-label=${`${name}, ${count}`} onClick=${() => react(emoji)}>
        ${name} <span>${count}</span>
      </button>`
    )
  }
    <span class="more" role="group" aria-label="React">
      ${
    usual.filter((emoji) => !reactions.some((known) => known.emoji === emoji)).map((emoji) =>
      html`<button type="button" key=${emoji} aria-label=${`React with ${emoji}`} onClick=${() =>
        react(emoji)}>${emoji}</button>`
    )
  }
    </span>
  </p>`

/** Who wrote a message, when, and what became of it since. */
const By = ({ message, more }) =>
  html`<p class="by">
      <b>${message.author}</b>${message.fromBot && html`<span class="tag">bot</span>`}
      ${message.isPinned && html`<span class="tag">pinned</span>`}
      ${message.isEdited && html`<span class="muted">edited</span>`}
      ${message.onlyFor && html`<span class="muted">only ${message.onlyFor} sees this</span>`}
      <time>${clock(message.atMillis)}</time>${more}
    </p>`

/** Whether people can react to a message: it is one of Discord's, is still there, and everybody sees it. */
const takesReactions = ({ channelId, content, isDeleted, onlyFor }) =>
  isDeleted !== true && channelId !== undefined && !content.startsWith("/") && onlyFor === undefined

/** `press(customId, values)` and `react(emoji)` act on the message; `more` is shown next to its time. */
export const Message = ({ message, press, react, more }) => {
  const { attachments = [], components = [], embeds = [], reactions = [] } = message
  return html`<li class=${message.fromBot ? "message from-bot" : "message"}>
    <${By} message=${message} more=${more} />
    ${message.content !== "" && html`<div class="says"><${Markdown} text=${message.content} /></div>`}
    ${embeds.map((embed) => html`<${Embed} embed=${embed} />`)}
    ${attachments.map((file) => html`<${File} key=${file.url} file=${file} />`)}
    ${
    components.map((row) =>
      html`<div class="row">${row.map((of) => html`<${Component} of=${of} press=${press} />`)}</div>`
    )
  }
    ${takesReactions(message) && html`<${Reactions} reactions=${reactions} react=${react} />`}
  </li>`
}
