/** The sandbox's channel, and how the bot is. */
import { Message } from "./message.js"
import { html, useRef, useState } from "./preact.js"
import { Scroll } from "./scroll.js"

const suggestions = ["/health", "/scrape https://example.com", "/crawl https://example.com"]

const BotLine = ({ bot }) => {
  if (!bot.status) return html`<p class="bot bad"><i aria-hidden="true">▲</i><span>${bot.why}</span></p>`
  const { isUncertain, latencyMillis, mode, problem, state, user } = bot.status
  const isGood = state === "ready" && !isUncertain
  const where = mode === "sandbox" ? "the sandbox" : "Discord"
  const how = isUncertain ? "uncertain (a heartbeat is overdue)" : state
  const latency = latencyMillis !== null && html`<span class="muted">${Math.round(latencyMillis)} ms</span>`
  return html`<p class=${`bot ${isGood ? "good" : "bad"}`}>
    <i aria-hidden="true">${isGood ? "●" : "◑"}</i>
    <span>${user ?? "the bot"} is ${how} on ${where}${problem === null ? "" : `: ${problem}`}</span>
    ${latency}
  </p>`
}

const empty = html`<li class="empty">
  Nothing was said yet. Try a command; the bot answers through Discord's own protocol.
</li>`

const Absent = ({ bot }) =>
  html`<p class="note">${
    bot.status?.mode === "discord"
      ? "The bot is on Discord itself; this box is for the sandbox."
      : "The sandbox does not answer now."
  }</p>`

/** `say` resolves to whether the text was taken; if not it stays in the box, and so does what was typed meanwhile. */
const Say = ({ say }) => {
  const [text, setText] = useState("")
  const [sending, setSending] = useState(false)
  const input = useRef(null)
  const suggest = (suggestion) => {
    setText(suggestion)
    input.current.focus()
  }
  const send = async (event) => {
    event.preventDefault()
    if (text.trim() === "" || sending) return
    setSending(true)
    if (await say(text.trim())) setText((now) => now === text ? "" : now)
    setSending(false)
    input.current?.focus()
  }
  const chip = (suggestion) =>
    html`<button type="button" key=${suggestion} onClick=${() => suggest(suggestion)}>${suggestion}</button>`
  return html`<form onSubmit=${send}>
    <div class="suggestions" role="group" aria-label="Commands to try">${suggestions.map(chip)}</div>
    <div class="say">
      <input ref=${input} value=${text} maxlength="2000" placeholder="Say something, or /health" autocomplete="off"
        aria-label="Message" onInput=${({ currentTarget }) => setText(currentTarget.value)} />
      <button class="button primary" disabled=${sending}>Send</button>
    </div>
  </form>`
}

/** The card: what was said, and what the operator says, presses and reacts. */
export default ({ view: { bot, chat: messages, sandbox }, post, notice }) => {
  const act = (what) => (body) =>
    post(`api/chat/${what}`, { author: "you", ...body }).then(({ problem }) => problem !== null && notice(problem))
      .catch((error) => notice(error.message))
  const say = (content) =>
    post("api/chat", { author: "you", content }).then(() => true, (error) => {
      notice(error.message)
      return false
    })
  const press = act("press")
  const react = act("react")
  const lines = messages.map((message) =>
    html`<${Message} key=${message.id} message=${message}
      press=${(customId, values = []) => press({ messageId: message.id, customId, values })}
      react=${(emoji) => react({ messageId: message.id, emoji })} />`
  )
  return html`<section class="card chat" aria-labelledby="chat-title">
    <header><h2 id="chat-title">Talk to the bot</h2></header>
    <${BotLine} bot=${bot} />
    <${Scroll} label="Chat" last=${messages.at(-1)?.id}>${lines.length === 0 ? empty : lines}<//>
    ${sandbox === null ? html`<${Absent} bot=${bot} />` : html`<${Say} say=${say} />`}
  </section>`
}
