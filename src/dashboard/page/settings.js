/** The settings in force: what was declared with all defaults, and what the environment says. */
import { Dialog, Problem } from "./dialog.js"
import { html, useEffect, useState } from "./preact.js"
import { get } from "./server.js"

const Values = ({ settings }) =>
  settings.length === 0
    ? html`<p class="note">Nothing is set.</p>`
    : html`<dl class="settings">${
      settings.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)
    }</dl>`

/** Reads them once. */
export const useSettings = () => {
  const [known, setKnown] = useState({ settings: null, problem: null })
  useEffect(() => {
    get("api/settings").then(
      (settings) => setKnown({ settings, problem: null }),
      (error) => setKnown({ settings: null, problem: error.message })
    )
  }, [])
  return known
}

/** Those of one thread, by the name of its declaration. */
export const ThreadSettings = ({ settings, group }) => {
  const own = settings?.threads.find(({ title }) => title === group)
  return own && html`<${Values} settings=${own.settings} />`
}

export const Settings = ({ onClose }) => {
  const { problem, settings } = useSettings()
  const part = ({ title, settings }) => html`<h3>${title}</h3><${Values} settings=${settings} />`
  const thread = ({ title, settings }) =>
    html`<details key=${title}><summary>${title}</summary><${Values} settings=${settings} /></details>`
  return html`<${Dialog} title="Settings" onClose=${onClose}>
    ${problem && html`<${Problem} text=${problem} />`}
    ${
    settings &&
    html`${part(settings.system)}${part(settings.environment)}<h3>Threads</h3>${settings.threads.map(thread)}`
  }
  <//>`
}
