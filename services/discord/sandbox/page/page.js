/** The sandbox's page: channels, messages, and a box to write in. */
import { Form } from "./form.js"
import { Message } from "./message.js"
import { html, render, useEffect, useMemo, useRef, useState } from "./preact.js"
import { Scroll } from "./scroll.js"
import { order } from "./server.js"
import { Write } from "./write.js"

const languages = ["en-US", "de", "es-ES", "fr", "ja", "pt-BR", "zh-CN"]

const stored = (name, standard) => localStorage.getItem(name) || standard

/** The sandbox's news: lines by id, who types, forms. */
const useNews = (onChange) => {
  const [lines, setLines] = useState(new Map())
  const [typing, setTyping] = useState(null)
  const [form, setForm] = useState(null)
  const [connected, setConnected] = useState(false)
  useEffect(() => {
    const source = new EventSource("/page/events")
    let forget
    source.addEventListener("open", () => {
      setConnected(true)
      onChange()
    })
    source.addEventListener("error", () => setConnected(false))
    source.addEventListener("message", ({ data }) => {
      const news = JSON.parse(data)
      if (news._tag === "Line") {
        setLines((known) => new Map(known).set(news.line.id, news.line))
        setTyping(null)
      }
      if (news._tag === "Form") setForm(news.form)
      if (news._tag === "Changed") onChange()
      if (news._tag === "Typing") {
        setTyping(news)
        clearTimeout(forget)
        forget = setTimeout(() => setTyping(null), 9000)
      }
    })
    return () => source.close()
  }, [])
  return { lines: [...lines.values()], typing, form, setForm, connected }
}

const Channels = ({ view, channelId, choose }) => {
  const direct = { id: view.directId ?? "@me", name: view.bot.name, isDirect: true }
  const top = view.channels.filter(({ parentId }) => !view.channels.some(({ id }) => id === parentId))
  const entry = ({ id, isDirect, name, parentId }) =>
    html`<li key=${id}><button type="button" aria-current=${id === channelId ? "page" : undefined}
      class=${parentId !== null && !isDirect && !top.some((channel) => channel.id === id) ? "thread" : ""}
      onClick=${() => choose(id)}>${isDirect ? "@ " : "# "}${name}</button></li>`
  const ordered = top.flatMap((channel) => [
    channel,
    ...view.channels.filter(({ parentId }) => parentId === channel.id)
  ])
  return html`<nav aria-label="Channels"><ul>${[...ordered, direct].map(entry)}</ul></nav>`
}

/** What a bot needs to come here, while none is. */
const Absent = ({ bot }) => {
  const [copied, setCopied] = useState(false)
  const lines = `export DISCORD_API_URL=${bot.url}\nexport DISCORD_TOKEN=${bot.token}`
  const copy = () => navigator.clipboard.writeText(lines).then(() => setCopied(true), () => setCopied(false))
  return html`<section class="absent" aria-label="How to connect a bot">
    <p><b>No bot is connected.</b> Start yours in a shell that has these two lines; it needs no change but the address.</p>
    <pre>${lines}</pre>
    <p><code>${"new Client({ intents, rest: { api: process.env.DISCORD_API_URL + \"/api\" } })"}</code> in discord.js</p>
    <button type="button" class="component secondary" onClick=${copy}>${
    copied ? "Copied" : "Copy the two lines"
  }</button>
  </section>`
}

const noView = { bot: { name: "The bot", isHere: true }, channels: [], directId: null, commands: [] }

/** Whether a bot is there, or even the sandbox. */
const State = ({ connected, bot }) => {
  const [sign, words, kind] = !connected
    ? ["▲", "The sandbox does not answer.", "bad"]
    : bot.isHere
    ? ["●", `${bot.name} is connected`, "good"]
    : ["○", "no bot is connected", "muted"]
  return html`<span class=${`state ${kind}`} role="status"><i aria-hidden="true">${sign}</i> ${words}</span>`
}

const Head = ({ author, locale, connected, bot, setAuthor, setLocale }) =>
  html`<header>
    <h1>Discord sandbox</h1>
    <${State} connected=${connected} bot=${bot} />
    <label>You are <input value=${author} maxlength="32" onChange=${setAuthor} /></label>
    <label>Language <select onChange=${setLocale}>
      ${
    languages.map((language) => html`<option value=${language} selected=${language === locale}>${language}</option>`)
  }
    </select></label>
  </header>`

const empty =
  html`<li class="empty">Nothing was said here yet. Write below; <code>/</code> lists the bot's commands.</li>`

/** Somebody's choices, which the browser remembers. */
const useStored = (name, standard) => {
  const [value, setValue] = useState(stored(name, standard))
  const remember = ({ currentTarget }) => {
    localStorage.setItem(name, currentTarget.value)
    setValue(currentTarget.value)
  }
  return [value, remember]
}

/** What this person sees in this channel, and what they may do. */
const useSandbox = (who) => {
  const [view, setView] = useState(noView)
  const [problem, setProblem] = useState("")
  const latest = useRef(who)
  latest.current = who
  const look = async () => {
    const { result } = await order({ _tag: "Look", ...latest.current })
    if (result !== undefined) setView(result)
  }
  const news = useNews(look)
  useEffect(() => void look(), [who])
  const act = async (body) => {
    const { problem, result } = await order({ ...who, ...body })
    setProblem(problem ?? "")
    return result !== undefined
  }
  return { ...news, act, problem, setProblem, view }
}

/** The messages of a channel, and the box to write in. */
const Channel = ({ who, sandbox }) => {
  const { act, connected, lines, problem, setProblem, typing, view } = sandbox
  const channelId = who.channelId ?? view.channels[0]?.id
  const say = (content, files) => act({ _tag: "Say", content, ...(files.length === 0 ? {} : { files }) })
  const seen = lines.filter((line) =>
    (line.channelId === undefined || line.channelId === channelId) &&
    (line.onlyFor === undefined || line.onlyFor === who.author)
  )
  const menu = (message) =>
    view.commands.filter(({ type }) => type === 3 && message.channelId !== undefined).map(({ name }) =>
      html` <button type="button" class="context" key=${name}
        onClick=${() => act({ _tag: "Choose", name, targetId: message.id })}>${name}</button>`
    )
  const message = (line) =>
    html`<${Message} key=${line.id} message=${line} more=${menu(line)}
      press=${(customId, values) => act({ _tag: "Press", messageId: line.id, customId, ...(values ? { values } : {}) })}
      react=${(emoji) => act({ _tag: "React", messageId: line.id, emoji })} />`
  const types = typing !== null && typing.channelId === channelId && typing.author !== who.author
  return html`<section class="channel" aria-label="Messages">
    <${Scroll} label="Messages" last=${`${channelId} ${seen.at(-1)?.id} ${seen.length}`}>
      ${seen.length === 0 ? view.bot.isHere && empty : seen.map(message)}
    <//>
    ${connected && !view.bot.isHere && html`<${Absent} bot=${view.bot} />`}
    <p class="typing muted" aria-live="polite">${types ? `${typing.author} is typing…` : ""}</p>
    ${problem !== "" && html`<p class="problem" role="alert">${problem}</p>`}
    <${Write} who=${who} say=${say} type=${() => void order({ _tag: "Type", ...who })}
      fail=${({ message }) => setProblem(message)} />
  </section>`
}

const App = () => {
  const [author, setAuthor] = useStored("author", "you")
  const [locale, setLocale] = useStored("locale", "en-US")
  const [chosen, setChosen] = useState(undefined)
  const who = useMemo(() => ({ author, locale, channelId: chosen }), [author, locale, chosen])
  const sandbox = useSandbox(who)
  const { connected, form, setForm, view } = sandbox
  useEffect(() => {
    if (chosen === "@me" && view.directId !== null) setChosen(view.directId)
  }, [view.directId])
  const isMine = form !== null && form.doing.user.username === author
  return html`
    <${Head} author=${author} locale=${locale} connected=${connected} bot=${view.bot} setAuthor=${setAuthor}
      setLocale=${setLocale} />
    <main>
      <${Channels} view=${view} channelId=${chosen ?? view.channels[0]?.id} choose=${setChosen} />
      <${Channel} who=${who} sandbox=${sandbox} />
    </main>
    ${
    isMine && html`<${Form} key=${form.id} form=${form} close=${() => setForm(null)}
      submit=${async (values) => (await order({ _tag: "Submit", ...who, formId: form.id, values })).problem} />`
  }
  `
}

render(html`<${App} />`, document.getElementById("app"))
