/** The REST routes: what each does, how often it may be asked, and whether it asks for the bot's token. */
import type { APIMessage, RESTGetAPIGatewayResult, RESTGetCurrentApplicationResult } from "discord-api-types/v10"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandBody, type Commands, maxCommands } from "./commands.ts"
import type { Gateway } from "./gateway.ts"
import { checkMessage, type Interactions, isReply } from "./interactions.ts"
import type { Messages } from "./messages.ts"
import type { BucketLimit } from "./rateLimits.ts"
import * as replies from "./replies.ts"
import type { World } from "./world.ts"

/** A request that matched: `ids` are what stands for the `:` of its path, in order. */
export interface Request {
  readonly ids: readonly [string, string, string]
  readonly query: URLSearchParams
  readonly body: unknown
}

/**
 * **Details**
 * - `at`: method and path; a segment that begins with `:` stands for any.
 * - `limit`: of its bucket; there is one bucket for each value of the first id (of the first two under webhooks).
 * - `open`: no token in the header, since the one in the path is enough, and the global limit does not count it.
 */
export interface Route {
  readonly at: string
  readonly limit: BucketLimit
  readonly open?: boolean
  readonly handle: (request: Request) => replies.Reply
}

const messageLimit: BucketLimit = { limit: 5, lengthMillis: 5000 }
const usualLimit: BucketLimit = { limit: 50, lengthMillis: 1000 }

const decodeCommand = Schema.decodeUnknownOption(CommandBody)
const decodeCommands = Schema.decodeUnknownOption(Schema.Array(CommandBody))
const badCommand = replies.invalidForm("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")

export const routesOf = (of: {
  readonly gateway: Gateway
  readonly world: World
  readonly messages: Messages
  readonly commands: Commands
  readonly interactions: Interactions
}): ReadonlyArray<Route> => {
  const { commands, gateway, interactions, messages, world } = of

  const inChannel = (handle: (request: Request) => replies.Reply) => (request: Request) =>
    request.ids[0] === world.channel.id ? handle(request) : replies.unknownChannel
  const inGuild = (handle: (request: Request) => replies.Reply) => (request: Request) =>
    request.ids[0] === world.guildId ? handle(request) : replies.unknownGuild
  const ofApplication = (handle: (request: Request) => replies.Reply) => (request: Request) =>
    request.ids[0] === world.application.id ? handle(request) : replies.missingAccess
  const ofWebhook = (handle: (request: Request) => replies.Reply) => (request: Request) =>
    request.ids[0] === world.application.id ? handle(request) : replies.unknownWebhook

  const edited = (message: APIMessage, body: unknown) => {
    const change = checkMessage(body, message)
    return isReply(change) ? change : replies.ok(messages.edit(message, change))
  }
  const removed = (message: APIMessage) => {
    messages.remove(message)
    return replies.noContent
  }

  const application = () => replies.ok(world.application satisfies RESTGetCurrentApplicationResult)

  return [
    {
      at: "GET /gateway",
      limit: usualLimit,
      open: true,
      handle: () => replies.ok({ url: gateway.url } satisfies RESTGetAPIGatewayResult)
    },
    { at: "GET /gateway/bot", limit: usualLimit, handle: () => replies.ok(gateway.info) },
    { at: "GET /applications/@me", limit: usualLimit, handle: application },
    { at: "GET /oauth2/applications/@me", limit: usualLimit, handle: application },
    { at: "GET /users/@me", limit: usualLimit, handle: () => replies.ok(world.bot) },
    {
      at: "GET /users/:user",
      limit: usualLimit,
      handle: ({ ids: [id] }) => found(world.user(id), replies.unknownUser)
    },

    { at: "GET /guilds/:guild", limit: usualLimit, handle: inGuild(() => replies.ok(world.restGuild)) },
    { at: "GET /guilds/:guild/channels", limit: usualLimit, handle: inGuild(() => replies.ok([world.channel])) },
    { at: "GET /guilds/:guild/roles", limit: usualLimit, handle: inGuild(() => replies.ok(world.guild.roles)) },
    {
      at: "GET /guilds/:guild/members/:user",
      limit: usualLimit,
      handle: inGuild(({ ids: [, id] }) =>
        found(world.user(id), replies.unknownUser, (user) => replies.ok(world.member(user)))
      )
    },

    { at: "GET /channels/:channel", limit: usualLimit, handle: inChannel(() => replies.ok(world.channel)) },
    { at: "POST /channels/:channel/typing", limit: messageLimit, handle: inChannel(() => replies.noContent) },
    {
      at: "GET /channels/:channel/messages",
      limit: messageLimit,
      handle: inChannel(({ query }) => {
        const limit = Number(query.get("limit") ?? 50)
        return Number.isInteger(limit) && limit >= 1 && limit <= 100
          ? replies.ok(messages.list(limit, query.get("before"), query.get("after")))
          : replies.invalidForm("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
      })
    },
    {
      at: "POST /channels/:channel/messages",
      limit: messageLimit,
      handle: inChannel(({ body }) => {
        const draft = checkMessage(body)
        if (isReply(draft)) return draft
        const nonce = draft.nonce ?? undefined
        const earlier = draft.enforce_nonce === true && nonce !== undefined
          ? messages.withNonce(world.bot, nonce)
          : undefined
        if (earlier !== undefined) return replies.ok(earlier)
        const reference = draft.message_reference?.message_id
        const replyTo = reference === undefined ? undefined : messages.get(reference)
        const required = draft.message_reference?.fail_if_not_exists !== false
        if (reference !== undefined && replyTo === undefined && required) {
          return replies.invalidForm("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        }
        return replies.ok(messages.post({
          author: world.bot,
          content: draft.content ?? "",
          embeds: draft.embeds ?? [],
          flags: draft.flags ?? 0,
          nonce,
          replyTo
        }))
      })
    },
    {
      at: "GET /channels/:channel/messages/:message",
      limit: messageLimit,
      handle: inChannel(({ ids: [, id] }) => found(messages.get(id), replies.unknownMessage))
    },
    {
      at: "PATCH /channels/:channel/messages/:message",
      limit: messageLimit,
      handle: inChannel(({ body, ids: [, id] }) =>
        found(
          messages.get(id),
          replies.unknownMessage,
          (message) => message.author.id === world.bot.id ? edited(message, body) : replies.notYours
        )
      )
    },
    {
      at: "DELETE /channels/:channel/messages/:message",
      limit: { limit: 5, lengthMillis: 1000 },
      handle: inChannel(({ ids: [, id] }) => found(messages.get(id), replies.unknownMessage, removed))
    },

    {
      at: "GET /applications/:application/commands",
      limit: usualLimit,
      handle: ofApplication(() => replies.ok(commands.all))
    },
    {
      at: "PUT /applications/:application/commands",
      limit: { limit: 5, lengthMillis: 20_000 },
      handle: ofApplication(({ body }) => {
        const wanted = decodeCommands(body)
        if (Option.isNone(wanted)) return badCommand
        return wanted.value.length > maxCommands
          ? replies.tooManyCommands
          : replies.ok(commands.replace(wanted.value))
      })
    },
    {
      at: "POST /applications/:application/commands",
      limit: { limit: 5, lengthMillis: 20_000 },
      handle: ofApplication(({ body }) => {
        const wanted = decodeCommand(body)
        if (Option.isNone(wanted)) return badCommand
        const known = commands.find(wanted.value.name) !== undefined
        if (!known && commands.all.length >= maxCommands) return replies.tooManyCommands
        const { command, isNew } = commands.put(wanted.value)
        return isNew ? replies.created(command) : replies.ok(command)
      })
    },
    {
      at: "GET /applications/:application/commands/:command",
      limit: usualLimit,
      handle: ofApplication(({ ids: [, id] }) => found(commands.get(id), replies.unknownCommand))
    },
    {
      at: "DELETE /applications/:application/commands/:command",
      limit: usualLimit,
      handle: ofApplication(({ ids: [, id] }) =>
        found(commands.get(id), replies.unknownCommand, (command) => {
          commands.remove(command)
          return replies.noContent
        })
      )
    },

    {
      at: "POST /interactions/:interaction/:token/callback",
      limit: usualLimit,
      open: true,
      handle: ({ body, ids: [id, token], query }) =>
        interactions.answer(id, token, body, query.get("with_response") === "true")
    },
    {
      at: "POST /webhooks/:application/:token",
      limit: messageLimit,
      open: true,
      handle: ofWebhook(({ body, ids: [, token] }) => interactions.followUp(token, body))
    },
    {
      at: "GET /webhooks/:application/:token/messages/:message",
      limit: messageLimit,
      open: true,
      handle: ofWebhook(({ ids: [, token, id] }) => interactions.withMessage(token, id, replies.ok))
    },
    {
      at: "PATCH /webhooks/:application/:token/messages/:message",
      limit: messageLimit,
      open: true,
      handle: ofWebhook(({ body, ids: [, token, id] }) =>
        interactions.withMessage(token, id, (message) => edited(message, body))
      )
    },
    {
      at: "DELETE /webhooks/:application/:token/messages/:message",
      limit: messageLimit,
      open: true,
      handle: ofWebhook(({ ids: [, token, id] }) => interactions.withMessage(token, id, removed))
    }
  ]
}

/** Replies with what is there, or by what `reply` makes of it. */
const found = <A>(
  value: A | undefined,
  missing: replies.Reply,
  reply: (value: A) => replies.Reply = replies.ok
): replies.Reply => value === undefined ? missing : reply(value)
