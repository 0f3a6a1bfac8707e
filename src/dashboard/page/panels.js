/** The cards that the program adds to the page. Their modules and style sheets come with the first frame that names them. */
import { html, useEffect, useState } from "./preact.js"

const loaded = new Map()

const load = ({ name, script, styles }) => {
  if (loaded.has(name)) return loaded.get(name)
  for (const style of styles) {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `.${style}` })
    document.head.append(link)
  }
  const module = import(`.${script}`)
  loaded.set(name, module)
  return module
}

/** One card; nothing until its module is there. */
const Panel = ({ panel, view, post, notice }) => {
  const [Card, setCard] = useState(null)
  useEffect(() => {
    load(panel).then((module) => setCard(() => module.default), (error) => notice(`${panel.name}: ${error.message}`))
  }, [panel.name])
  return Card && html`<${Card} view=${view} post=${post} notice=${notice} />`
}

export const Panels = ({ view, post, notice }) =>
  view.panels.filter(({ script }) => script !== null).map((panel) =>
    html`<${Panel} key=${panel.name} panel=${panel} view=${view} post=${post} notice=${notice} />`
  )
