/** What people see around the messages: channels, commands, and whether a bot is there. */
import type { APIUser } from "discord-api-types/v10"
import { takesMessages } from "./channels.ts"
import type { Command } from "./commands.ts"
import type { Files } from "./files.ts"
import type { Gateway } from "./gateway.ts"
import type { World } from "./world.ts"

/**
 * What somebody sees around the messages.
 *
 * **Details**
 * - `directId`: of the direct messages with the bot; null before the first.
 * - `bot`: whether it is connected, and what a bot needs to be.
 */
export interface View {
  readonly bot: { readonly name: string; readonly isHere: boolean; readonly url: string; readonly token: string }
  readonly channels: ReadonlyArray<{ readonly id: string; readonly name: string; readonly parentId: string | null }>
  readonly directId: string | null
  readonly commands: ReadonlyArray<Pick<Command, "name" | "type">>
}

/** What this person sees, who may give these commands. */
export const viewOf = (
  { files, gateway, world }: { readonly files: Files; readonly gateway: Gateway; readonly world: World },
  user: APIUser,
  commands: ReadonlyArray<Command>
): View => ({
  bot: {
    name: world.bot.username,
    isHere: gateway.sessions.connected > 0,
    url: files.url,
    token: gateway.options.token
  },
  channels: [...world.channels.ofGuild, ...world.channels.activeThreads]
    .filter(takesMessages)
    .map(({ id, name = "", parent_id }) => ({ id, name, parentId: parent_id ?? null })),
  directId: world.channels.directOf(user)?.id ?? null,
  commands: commands.map(({ name, type }) => ({ name, type }))
})
