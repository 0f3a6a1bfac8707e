/** What the routes work with. */
import type { APIUser } from "discord-api-types/v10"
import type { Channel } from "../channels.ts"
import type { Commands } from "../commands.ts"
import type { Files } from "../files.ts"
import type { Interactions } from "../interactions.ts"
import type { Messages } from "../messages.ts"
import * as replies from "../replies.ts"
import type { Event } from "../sessions.ts"
import type { World } from "../world.ts"
import type { Handle, Request } from "./route.ts"

export interface Parts {
  readonly world: World
  readonly messages: Messages
  readonly commands: Commands
  readonly interactions: Interactions
  readonly files: Files
  readonly publish: (event: Event) => void
  /** The direct messages with somebody; the bot is told of a channel that is new. */
  readonly openDirect: (user: APIUser) => Channel
  /** Shows people that channels came, went or changed. */
  readonly channelsChanged: () => void
}

/** Handles a request whose first id names a channel. */
export const inChannel =
  (world: World) => (handle: (channel: Channel, request: Request) => replies.Reply): Handle => (request) => {
    const channel = world.channels.get(request.ids[0])
    return channel === undefined ? replies.unknownChannel : handle(channel, request)
  }

/** Handles a request whose first id names the guild. */
export const inGuild = (world: World) => (handle: Handle): Handle => (request) =>
  request.ids[0] === world.guildId ? handle(request) : replies.unknownGuild

/** The intent of events about guilds, channels, threads and roles. */
export const guilds = 1
