/** The sandbox's page: channels, messages, and a box to write in. */
import { Form } from "./form.js"
import { Message } from "./message.js"
import { html, render, useEffect, useMemo, useRef, useState } from "./preact.js"
import { Scroll } from "./scroll.js"

const languages = ["en-US", "de", "es-ES", "fr", "ja", "pt-BR", "zh-CN"]

/** Does something as a person; resolves to `{ problem }` or `{ result }`. */
const order = async (body) => {
  try {
    const response = await fetch("/page/do", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    const answer = await response.json()
    return response.ok ? { result: answer } : { problem: answer.message }
  } catch {
    return { problem: "The sandbox does not answer." }
  }
}

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
  const direct = { id: view.directId ?? "@me", name: "Direct messages", isDirect: true }
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

/** A command, or its subcommands under their whole names. */
const subcommands = ({ description, name, options = [] }) => {
  const inner = options.filter(({ type }) => type === 1 || type === 2)
  return inner.length === 0
    ? [{ description, name, options: options.filter(({ type }) => type !== 11) }]
    : inner.flatMap((command) => subcommands({ ...command, name: `${name} ${command.name}` }))
}

/** What can be put where the text ends: commands by name, then values of an option. */
const useProposals = (text, view, who) => {
  const [choices, setChoices] = useState([])
  const [name, ...rest] = text.split(" ")
  const isCommand = text.startsWith("/")
  const known = isCommand && rest.length > 0 && view.commands.some((command) => `/${command.name}` === name)
  useEffect(() => {
    if (!known) return setChoices([])
    let current = true
    const timer = setTimeout(async () => {
      const { result = [] } = await order({ _tag: "Complete", ...who, text })
      if (current) setChoices(result)
    }, 200)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [text, known])
  if (!isCommand) return []
  if (rest.length > 0) {
    const begin = text.slice(0, text.lastIndexOf(" ") + 1)
    return choices.map(({ name, value }) => ({ label: name, text: `${begin}${value}` }))
  }
  return view.commands
    .filter((command) => command.type === 1 && `/${command.name}`.startsWith(text))
    .flatMap(subcommands)
    .map(({ description, name, options }) => ({
      label: [`/${name}`, ...options.map(({ name, required }) => required ? `<${name}>` : `[${name}]`)].join(" "),
      description,
      text: options.length > 0 ? `/${name} ` : `/${name}`
    }))
}

/** Sends a file to the sandbox; resolves to its id. */
const upload = async (file) => {
  const response = await fetch(`/page/file?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    headers: { "content-type": file.type || "application/octet-stream" },
    body: file
  })
  const { id, message } = await response.json()
  if (!response.ok) throw new Error(message)
  return id
}

/** Sends a text with files; resolves to whether it was taken, rejects if a file was not. */
const send = async (content, files, act) => {
  const ids = []
  for (const file of files) ids.push(await upload(file))
  return await act({ _tag: "Say", content, ...(ids.length === 0 ? {} : { files: ids }) })
}

const Write = ({ view, who, say }) => {
  const [text, setText] = useState("")
  const [files, setFiles] = useState([])
  const picker = useRef(null)
  const input = useRef(null)
  const typedAt = useRef(0)
  const proposals = useProposals(text, view, who)
  const change = (value) => {
    setText(value)
    if (value !== "" && !value.startsWith("/") && Date.now() - typedAt.current > 8000) {
      typedAt.current = Date.now()
      void order({ _tag: "Type", ...who })
    }
  }
  const take = (proposal) => {
    setText(proposal.text)
    input.current.focus()
  }
  const send = async (event) => {
    event.preventDefault()
    const content = text.trim()
    if (content === "" && files.length === 0) return
    setText("")
    if (await say(content, files)) {
      setFiles([])
      picker.current.value = ""
    } else setText((now) => now === "" ? content : now)
    input.current?.focus()
  }
  return html`<form class="write" onSubmit=${send}>
    ${
    proposals.length > 0 && html`<ul class="proposals" aria-label="Proposals">${
      proposals.slice(0, 25).map((one) =>
        html`<li><button type="button" onClick=${() => take(one)}>
        <b>${one.label}</b> ${one.description && html`<span class="muted">${one.description}</span>`}
      </button></li>`
      )
    }</ul>`
  }
    <div class="line">
      <input ref=${input} value=${text} maxlength="2000" autocomplete="off" aria-label="Message"
        placeholder="Write something, or / for commands" onInput=${({ currentTarget }) =>
    change(currentTarget.value)} />
      <label class="component secondary file">${files.length === 0 ? "File" : `Files: ${files.length}`}
        <input ref=${picker} type="file" multiple aria-label="Files"
          onChange=${({ currentTarget }) => setFiles([...currentTarget.files])} /></label>
      <button class="component primary">Send</button>
    </div>
  </form>`
}

const noView = { channels: [], directId: null, commands: [] }

const App = () => {
  const [author, setAuthor] = useState(stored("author", "you"))
  const [locale, setLocale] = useState(stored("locale", "en-US"))
  const [view, setView] = useState(noView)
  const [chosen, setChosen] = useState(null)
  const [problem, setProblem] = useState("")
  const channelId = chosen ?? view.channels[0]?.id
  const who = useMemo(() => ({ author, locale, channelId }), [author, locale, channelId])
  const latest = useRef(who)
  latest.current = who
  const look = async () => {
    const { result } = await order({ _tag: "Look", ...latest.current })
    if (result !== undefined) setView(result)
  }
  const { connected, form, lines, setForm, typing } = useNews(look)
  useEffect(() => void look(), [who])
  useEffect(() => {
    if (chosen === "@me" && view.directId !== null) setChosen(view.directId)
  }, [view.directId])

  const act = async (body) => {
    const { problem, result } = await order({ ...who, ...body })
    setProblem(problem ?? "")
    return result !== undefined
  }
  const remember = (name, set) => ({ currentTarget: { value } }) => {
    localStorage.setItem(name, value)
    set(value)
  }
  const seen = lines.filter((line) =>
    (line.channelId === undefined || line.channelId === channelId) &&
    (line.onlyFor === undefined || line.onlyFor === author)
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
  const isMine = form !== null && form.doing.user.username === author
  return html`
    <header>
      <h1>Discord sandbox</h1>
      <span class="muted" role="status">${connected ? "" : "The sandbox does not answer."}</span>
      <label>You are <input value=${author} maxlength="32" onChange=${remember("author", setAuthor)} /></label>
      <label>Language <select onChange=${remember("locale", setLocale)}>
        ${
    languages.map((language) => html`<option value=${language} selected=${language === locale}>${language}</option>`)
  }
      </select></label>
    </header>
    <main>
      <${Channels} view=${view} channelId=${channelId} choose=${setChosen} />
      <section aria-label="Messages">
        <${Scroll} label="Messages" last=${`${channelId} ${seen.at(-1)?.id} ${seen.length}`}>
          ${seen.length === 0 ? html`<li class="muted">Nothing was said here yet.</li>` : seen.map(message)}
        <//>
        <p class="typing muted" aria-live="polite">${
    typing !== null && typing.channelId === channelId && typing.author !== author ? `${typing.author} is typing…` : ""
  }</p>
        ${problem !== "" && html`<p class="problem" role="alert">${problem}</p>`}
        <${Write} view=${view} who=${who} say=${(content, files) =>
    send(content, files, act).catch(({ message }) => setProblem(message))} />
      </section>
    </main>
    ${
    isMine && html`<${Form} key=${form.id} form=${form} close=${() => setForm(null)}
      submit=${async (values) => (await order({ _tag: "Submit", ...who, formId: form.id, values })).problem} />`
  }
  `
}

render(html`<${App} />`, document.getElementById("app"))
