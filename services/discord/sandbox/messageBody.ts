/** What a request may say of a message, and what Discord would not take. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as components from "./components.ts"
import * as replies from "./replies.ts"

const Text = Schema.optionalKey(Schema.NullOr(Schema.String))
const Media = Schema.optionalKey(Schema.NullOr(Schema.Struct({ url: Schema.String })))

const Embed = Schema.Struct({
  title: Text,
  description: Text,
  url: Text,
  timestamp: Text,
  color: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  footer: Schema.optionalKey(Schema.NullOr(Schema.Struct({ text: Schema.String, icon_url: Text }))),
  image: Media,
  thumbnail: Media,
  author: Schema.optionalKey(Schema.NullOr(Schema.Struct({ name: Schema.String, url: Text, icon_url: Text }))),
  fields: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Struct({
    name: Schema.String,
    value: Schema.String,
    inline: Schema.optionalKey(Schema.Boolean)
  }))))
})
export type Embed = typeof Embed.Type

/** An attachment of a request: `id` is the number of its file, or the id of an attachment that stays. */
const Attachment = Schema.Struct({
  id: Schema.Union([Schema.String, Schema.Int]),
  filename: Schema.optionalKey(Schema.String),
  description: Text
})

/** The body of a request that makes or edits a message. What is not named here is taken and ignored. */
export const MessageBody = Schema.Struct({
  content: Text,
  embeds: Schema.optionalKey(Schema.NullOr(Schema.Array(Embed))),
  components: Schema.optionalKey(Schema.NullOr(Schema.Unknown)),
  attachments: Schema.optionalKey(Schema.NullOr(Schema.Array(Attachment))),
  flags: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  tts: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  nonce: Schema.optionalKey(Schema.NullOr(Schema.Union([Schema.String, Schema.Int]))),
  enforce_nonce: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  message_reference: Schema.optionalKey(Schema.NullOr(Schema.Struct({
    message_id: Schema.String,
    fail_if_not_exists: Schema.optionalKey(Schema.NullOr(Schema.Boolean))
  })))
})

/** A body that was checked. What it does not name is absent, and `null` is an empty value. */
export interface Draft {
  readonly content?: string
  readonly embeds?: ReadonlyArray<Embed>
  readonly components?: ReadonlyArray<components.Component>
  readonly attachments?: ReadonlyArray<typeof Attachment.Type>
  readonly flags: number
  readonly nonce?: string | number
  readonly enforceNonce: boolean
  readonly tts: boolean
  readonly replyTo?: { readonly id: string; readonly mustExist: boolean }
}

const decode = Schema.decodeUnknownOption(MessageBody)

export const isReply = (value: object): value is replies.Reply => "status" in value

/** Components as texts, media and containers, in place of content and embeds. */
export const componentsV2 = 1 << 15

/** What a message has already, for an edit; and how many files come with the request. */
export interface Given {
  readonly content?: string
  readonly embeds?: ReadonlyArray<unknown>
  readonly components?: ReadonlyArray<unknown>
  readonly attachments?: ReadonlyArray<unknown>
  readonly files?: number
}

/** Checks a message: its texts, or the refusal that its body earns. */
export const check = (body: unknown, given: Given = {}): Draft | replies.Reply => {
  const decoded = decode(body)
  if (Option.isNone(decoded)) return replies.invalidForm("content", "BASE_TYPE_BAD_TYPE", "Not a message.")
  const message = decoded.value
  const tooLong = tooLongIn(message)
  if (tooLong !== undefined) return tooLong
  const parts = message.components === undefined ? undefined : components.read(message.components ?? [])
  if (parts !== undefined && isReply(parts)) return parts
  const draft = draftOf(message, parts)
  return isEmpty(draft, given) ? replies.emptyMessage : draft
}

const tooLongIn = ({ content, embeds }: typeof MessageBody.Type): replies.Reply | undefined => {
  if (length(content) > 2000) {
    return replies.invalidForm("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
  }
  const problem = problemOfEmbeds(embeds ?? [])
  return problem === undefined ? undefined : replies.invalidForm("embeds", "BASE_TYPE_MAX_LENGTH", problem)
}

const draftOf = (
  message: typeof MessageBody.Type,
  parts: ReadonlyArray<components.Component> | undefined
): Draft => ({
  ...(message.content === undefined ? {} : { content: message.content ?? "" }),
  ...(message.embeds === undefined ? {} : { embeds: message.embeds ?? [] }),
  ...(parts === undefined ? {} : { components: parts }),
  ...(message.attachments === undefined ? {} : { attachments: message.attachments ?? [] }),
  ...(message.nonce === undefined || message.nonce === null ? {} : { nonce: message.nonce }),
  ...replyIn(message),
  flags: message.flags ?? 0,
  enforceNonce: message.enforce_nonce === true,
  tts: message.tts === true
})

const replyIn = ({ message_reference: reference }: typeof MessageBody.Type): Pick<Draft, "replyTo"> =>
  reference === undefined || reference === null
    ? {}
    : { replyTo: { id: reference.message_id, mustExist: reference.fail_if_not_exists !== false } }

const isEmpty = (draft: Draft, given: Given): boolean => {
  const { attachments = given.attachments ?? [], components = given.components ?? [] } = draft
  const { content = given.content ?? "", embeds = given.embeds ?? [] } = draft
  return content.trim() === "" && embeds.length + attachments.length + components.length + (given.files ?? 0) === 0
}

const length = (text: string | null | undefined): number => text?.length ?? 0

const limits: ReadonlyArray<readonly [name: string, most: number, of: (embed: Embed) => number]> = [
  ["title", 256, ({ title }) => length(title)],
  ["description", 4096, ({ description }) => length(description)],
  ["footer.text", 2048, ({ footer }) => length(footer?.text)],
  ["author.name", 256, ({ author }) => length(author?.name)],
  ["fields", 25, ({ fields }) => fields?.length ?? 0],
  ["fields.name", 256, ({ fields }) => Math.max(0, ...(fields ?? []).map(({ name }) => name.length))],
  ["fields.value", 1024, ({ fields }) => Math.max(0, ...(fields ?? []).map(({ value }) => value.length))]
]

const sizeOf = ({ author, description, fields, footer, title }: Embed): number =>
  length(title) + length(description) + length(footer?.text) + length(author?.name) +
  (fields ?? []).reduce((sum, { name, value }) => sum + name.length + value.length, 0)

/** What Discord would not take of the embeds, in its words. Source: Discord's embed limits. */
const problemOfEmbeds = (embeds: ReadonlyArray<Embed>): string | undefined => {
  if (embeds.length > 10) return "Must be 10 or fewer in length."
  for (const embed of embeds) {
    for (const [name, most, of] of limits) if (of(embed) > most) return `${name}: Must be ${most} or fewer in length.`
    const unnamed = (embed.fields ?? []).some(({ name, value }) => name.trim() === "" || value.trim() === "")
    if (unnamed) return "fields: This field is required."
  }
  return embeds.reduce((sum, embed) => sum + sizeOf(embed), 0) > 6000
    ? "Embed size exceeds maximum size of 6000"
    : undefined
}
