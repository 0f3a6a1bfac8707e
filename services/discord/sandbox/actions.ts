/** What people do in the sandbox: write, press, choose, react, fill in forms. */
import type { APIUser } from "discord-api-types/v10"
import * as Effect from "effect/Effect"
import { type ChatMessage, NotDone } from "../DiscordSandbox.ts"
import { type Channel, ChannelType, takesMessages } from "./channels.ts"
import { Commanding } from "./commanding.ts"
import type { Commands } from "./commands.ts"
import { find, within } from "./components.ts"
import type { Attachment, Files, Upload } from "./files.ts"
import { problemOfField, problemOfValues } from "./formChecks.ts"
import type { Gateway } from "./gateway.ts"
import { componentData, type Doing, formData, Kind } from "./interactionData.ts"
import type { Choice, Form, Interactions } from "./interactions.ts"
import { locale, locales } from "./locale.ts"
import { isEphemeral, type Message } from "./message.ts"
import type { Messages } from "./messages.ts"
import type { Proposals } from "./proposing.ts"
import { emojiOf } from "./reactions.ts"
import type { Snowflakes } from "./snowflakes.ts"
import type { Transcript } from "./transcript.ts"
import { type View, viewOf } from "./view.ts"
import type { World } from "./world.ts"

/**
 * Who acts, and where.
 *
 * **Details**
 * - `author`: a name; who is not there yet joins.
 * - `channelId`: default the guild's first channel; `"@me"` is the direct messages with the bot.
 * - `locale`: the person's language, as Discord calls it. Default `en-US`.
 */
export interface Who {
  readonly author: string
  readonly channelId?: string | undefined
  readonly locale?: string | undefined
}

interface Parts {
  readonly world: World
  readonly snowflakes: Snowflakes
  readonly transcript: Transcript
  readonly gateway: Gateway
  readonly messages: Messages
  readonly commands: Commands
  readonly interactions: Interactions
  readonly files: Files
  readonly openDirect: (user: APIUser) => Channel
  /** Somebody has left the guild. */
  readonly onLeft: (user: APIUser) => void
}

/** Forms that nobody sent are forgotten, the oldest first. */
const keptForms = 100
/** Files that nobody has sent yet, the same way. */
const keptUploads = 20

const deafBot = "No bot is here to hear that. Say it again when one is."
const refuse = (detail: string) => Effect.fail(new NotDone({ detail }))

export class Actions {
  readonly #of: Parts
  readonly #commanding: Commanding
  readonly #forms = new Map<string, Form>()
  readonly #uploads = new Map<string, Attachment>()

  constructor(of: Parts) {
    this.#of = of
    this.#commanding = new Commanding(of)
  }

  /** Keeps a form until it is sent. */
  showed(form: Form): void {
    this.#forms.set(form.id, form)
    for (const id of this.#forms.keys()) if (this.#forms.size > keptForms) this.#forms.delete(id)
  }

  #doing({ author, channelId, locale: wanted }: Who): Doing {
    const { openDirect, world } = this.#of
    const user = world.people.person(author.trim().slice(0, 32) || "someone")
    const channel = channelId === "@me" ? openDirect(user) : world.channels.get(channelId ?? world.generalId)
    const general = world.channels.get(world.generalId) ?? openDirect(user)
    return { user, channel: channel ?? general, locale: locales.find((known) => known === wanted) ?? locale }
  }

  /** Takes a file that is to be sent with a message or a command, by the id of the attachment. */
  upload(file: Upload): ReadonlyArray<Attachment> {
    const attachments = this.#of.files.attach("uploads", {}, [file])
    for (const attachment of attachments) this.#uploads.set(attachment.id, attachment)
    for (const id of this.#uploads.keys()) if (this.#uploads.size > keptUploads) this.#uploads.delete(id)
    return attachments
  }

  /** Writes a message, or gives a command when the text begins with "/". What goes wrong is said in the transcript. */
  say(who: Who, content: string, replyTo?: string, files: ReadonlyArray<string> = []): ChatMessage {
    const { gateway, messages, snowflakes, transcript, world } = this.#of
    const doing = this.#doing(who)
    const { channel, user } = doing
    const text = content.trim()
    const attachments = files.flatMap((id) => this.#uploads.get(id) ?? [])
    for (const { id } of attachments) this.#uploads.delete(id)
    if ((text === "" && attachments.length === 0) || text.length > 2000) {
      return transcript.note("A message has 1 to 2000 characters.", undefined, channel.id)
    }
    if (!takesMessages(channel)) return transcript.note("Nobody can write there.", undefined, channel.id)
    if (text.startsWith("/")) {
      const line = transcript.show({
        id: snowflakes.next(),
        author: user.username,
        fromBot: false,
        content: text,
        answers: null,
        atMillis: Date.now(),
        channel: world.nameOf(channel),
        channelId: channel.id
      })
      this.#commanding.give(doing, line, attachments)
      return line
    }
    const heard = gateway.sessions.anyone
    const message = messages.post({
      author: user,
      channel,
      draft: { content: text, flags: 0, enforceNonce: false, tts: false },
      attachments,
      replyTo: replyTo === undefined ? undefined : messages.in(channel, replyTo)
    })
    const line = messages.line(message)
    if (!heard) transcript.note(deafBot, line.id, channel.id)
    return line
  }

  /** What somebody sees around the messages. */
  look(who: Who): View {
    const doing = this.#doing(who)
    return viewOf(this.#of, doing.user, this.#commanding.givable(doing))
  }

  /** What the bot proposes for the option that a half-written command ends with. */
  complete(who: Who, text: string): Effect.Effect<ReadonlyArray<Choice>> {
    return Effect.suspend(() => this.#commanding.complete(this.#doing(who), text))
  }

  /** What can be put where a half-written command ends. */
  propose(who: Who, line: string): Effect.Effect<Proposals> {
    return Effect.suspend(() => this.#commanding.propose(this.#doing(who), line))
  }

  /** Gives a command of the menu of a message or of a person. */
  choose(who: Who, name: string, targetId: string): Effect.Effect<void, NotDone> {
    return Effect.suspend(() => this.#commanding.choose(this.#doing(who), name, targetId))
  }

  /** Presses a button, or chooses `values` in a menu. */
  press(
    who: Who,
    messageId: string,
    customId: string,
    values: ReadonlyArray<string> = []
  ): Effect.Effect<void, NotDone> {
    return Effect.suspend(() => {
      const { gateway, interactions, world } = this.#of
      const seen = this.#seen(who, messageId)
      if (seen === undefined) return refuse("That message is gone.")
      const { doing, message } = seen
      const component = find(message.components, customId)
      if (component === undefined) return refuse("That button is gone.")
      if (component.disabled === true) return refuse("That button is disabled.")
      const problem = problemOfValues(component, values)
      if (problem !== undefined) return refuse(problem)
      if (!gateway.sessions.anyone) return refuse("No bot is here to answer that.")
      const name = component.label ?? component.placeholder ?? "That button"
      const data = componentData(world, component, values)
      interactions.start({ kind: Kind.component, name, doing, data, message })
      return Effect.void
    })
  }

  /** Sends a form that the bot has shown; a value for each field, by the field's custom id. */
  submit(
    who: Who,
    formId: string,
    values: Readonly<Record<string, ReadonlyArray<string>>>
  ): Effect.Effect<void, NotDone> {
    return Effect.suspend(() => {
      const form = this.#forms.get(formId)
      const { user } = this.#doing(who)
      if (form === undefined || form.doing.user.id !== user.id) return refuse("That form is gone.")
      const fields = form.components.flatMap(within).filter(({ custom_id }) => custom_id !== undefined)
      const valueOf = (customId: string) => values[customId] ?? []
      const problem = fields.map((field) => problemOfField(field, valueOf(field.custom_id ?? "")))
        .find((problem) => problem !== undefined)
      if (problem !== undefined) return refuse(problem)
      this.#forms.delete(formId)
      this.#of.interactions.start({
        kind: Kind.form,
        name: form.title,
        doing: form.doing,
        data: formData(form.customId, form.components, valueOf),
        message: form.message
      })
      return Effect.void
    })
  }

  /** Adds somebody's reaction, or takes it back. */
  react(who: Who, messageId: string, text: string): Effect.Effect<void, NotDone> {
    return Effect.suspend(() => {
      const { messages } = this.#of
      const seen = this.#seen(who, messageId)
      const emoji = emojiOf(text)
      if (seen === undefined || isEphemeral(seen.message)) return refuse("That message is gone.")
      if (emoji === undefined) return refuse(`"${text}" is no emoji.`)
      const { doing: { user }, message } = seen
      if (messages.reactions.has(messageId, emoji, user)) messages.reactions.remove(message, emoji, user)
      else if (!messages.reactions.add(message, emoji, user)) return refuse("A message takes 20 different reactions.")
      messages.refresh(messageId)
      return Effect.void
    })
  }

  /** Changes a message of one's own. */
  edit(who: Who, messageId: string, content: string): Effect.Effect<void, NotDone> {
    return this.#own(who, messageId, (message) => {
      const text = content.trim()
      if (text === "" || text.length > 2000) return refuse("A message has 1 to 2000 characters.")
      this.#of.messages.edit(message, { content: text, flags: 0, enforceNonce: false, tts: false })
      return Effect.void
    })
  }

  /** Deletes a message of one's own. */
  delete(who: Who, messageId: string): Effect.Effect<void, NotDone> {
    return this.#own(who, messageId, (message) => Effect.sync(() => this.#of.messages.remove(message)))
  }

  /** Leaves the guild. Who acts again joins again. */
  leave(author: string): Effect.Effect<void, NotDone> {
    return Effect.suspend(() => {
      const { onLeft, world } = this.#of
      const { user } = this.#doing({ author })
      if (user.id === world.people.owner.id) return refuse("The owner can't leave.")
      world.people.remove(user)
      onLeft(user)
      return Effect.void
    })
  }

  #own(
    who: Who,
    messageId: string,
    act: (message: Message) => Effect.Effect<void, NotDone>
  ): Effect.Effect<void, NotDone> {
    return Effect.suspend(() => {
      const seen = this.#seen(who, messageId)
      if (seen === undefined) return refuse("That message is gone.")
      return seen.message.author.id === seen.doing.user.id
        ? act(seen.message)
        : refuse("That message is somebody else's.")
    })
  }

  /** Says that somebody is typing. */
  type(who: Who): void {
    const { channel, user } = this.#doing(who)
    this.#of.messages.typing(channel, user)
  }

  /** The message, if the person can see it, and where it is. */
  #seen(who: Who, messageId: string): { readonly doing: Doing; readonly message: Message } | undefined {
    const { messages, world } = this.#of
    const message = messages.get(messageId)
    const channel = message && world.channels.get(message.channel_id)
    if (message === undefined || channel === undefined) return undefined
    const doing = { ...this.#doing({ ...who, channelId: undefined }), channel }
    const hidden = isEphemeral(message) && message.interaction_metadata?.user.id !== doing.user.id
    const elsewhere = channel.type === ChannelType.direct && channel.recipients?.[0]?.id !== doing.user.id
    return hidden || elsewhere ? undefined : { doing, message }
  }
}
