/** An answer of a command as Discord takes it. */
import type { Button, RegisteredForm, Reply } from "./commandTypes.ts"
import { clip } from "./words.ts"

const maxContent = 2000
const maxCustomId = 100
const maxButtons = 25

/** The body of a message. Nobody is pinged by what the bot says: page titles and arguments are other people's words. */
export interface Body {
  readonly content: string
  readonly embeds: ReadonlyArray<unknown>
  readonly components: ReadonlyArray<unknown>
  readonly allowed_mentions: { readonly parse: ReadonlyArray<never> }
}

/** The body of a text. */
export const text = (content: string): Body => bodyOf("", content)

/** Writes the answer of a command down; throws when a button can't be what it says. */
export const bodyOf = (command: string, reply: Reply): Body => {
  const { buttons = [], content = "", embeds = [] } = typeof reply === "string" ? { content: reply } : reply
  if (buttons.length > maxButtons) throw new RangeError(`An answer of /${command} has more than ${maxButtons} buttons.`)
  const rows = Array.from({ length: Math.ceil(buttons.length / 5) }, (_, row) => buttons.slice(row * 5, row * 5 + 5))
  return {
    content: content.trim() === "" && embeds.length === 0 && rows.length === 0 ? "Done." : clip(content, maxContent),
    embeds,
    components: rows.map((row) => ({ type: 1, components: row.map((button) => componentOf(command, button)) })),
    allowed_mentions: { parse: [] }
  }
}

const styles = { primary: 1, secondary: 2, success: 3, danger: 4 } as const
const link = 5

const componentOf = (command: string, button: Button): object => {
  const { disabled = false, label } = button
  const common = { type: 2, label: clip(label, 80), disabled }
  if ("url" in button) return { ...common, style: link, url: button.url }
  const custom_id = idOf(command, button.button, button.argument ?? "")
  if (custom_id.length > maxCustomId) {
    throw new RangeError(`The button ${button.button} of /${command} has an argument that is too long: ${custom_id}`)
  }
  return { ...common, style: styles[button.style ?? "secondary"], custom_id }
}

const idOf = (command: string, button: string, argument: string): string => `${command}:${button}:${argument}`

/** What a custom id names. */
export interface Named {
  readonly command: string
  readonly button: string
  readonly argument: string
}

const namedBy = (customId: string): Named | undefined => {
  const [, command, button, argument] = /^([^:]+):([^:]*):([^]*)$/.exec(customId) ?? []
  return command === undefined || button === undefined || argument === undefined
    ? undefined
    : { command, button, argument }
}

/** Which button a custom id names; undefined for one that no command of the bot made. */
export const buttonOf = (customId: string): Named | undefined => {
  const named = namedBy(customId)
  return named?.button === "" ? undefined : named
}

/** A command's form, or that of a button of it, with what it needs later; undefined if that is too long for its id. */
export const formOf = (
  { components, title }: RegisteredForm,
  { argument, button, command }: Named
): object | undefined => {
  const custom_id = idOf(command, button, argument)
  return custom_id.length > maxCustomId ? undefined : { custom_id, title, components }
}

/** Which form was sent: of a button, or, with no name of one, of the command itself. */
export const sentFormOf = namedBy
