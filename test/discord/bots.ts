/** The same small bot on three independent libraries: it answers "ping" with "pong" and `/health` with "well". */
import { Client as Core, GatewayDispatchEvents } from "@discordjs/core"
import { REST } from "@discordjs/rest"
import { CompressionMethod, type SessionInfo, WebSocketManager } from "@discordjs/ws"
import { Client as DiscordJs, GatewayIntentBits } from "discord.js"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Client as Oceanic, Intents } from "oceanic.js"
import type { Sandbox } from "../../services/discord/sandbox/Sandbox.ts"

/** Logs the bot in and registers its command; fails if the library says that it cannot. Ends with the scope. */
export type Bot = (sandbox: Sandbox, token: string) => Effect.Effect<void, unknown, Scope.Scope>

const health = { name: "health", description: "How the bot is" }

/** Waits for a promise of a library, which may never settle. */
const wait = (promise: () => PromiseLike<unknown>) =>
  Effect.timeout(Effect.tryPromise(async () => promise()), "10 seconds")

const discordjsWs = (compression: CompressionMethod | null): Bot =>
  Effect.fnUntraced(function*(sandbox, token) {
    const rest = new REST({ version: "10", api: `${sandbox.url}/api` }).setToken(token)
    // By default all managers of a process share one store of sessions.
    let session: SessionInfo | null = null
    const gateway = new WebSocketManager({
      token,
      intents: allIntents,
      rest,
      compression,
      retrieveSessionInfo: () => session,
      updateSessionInfo: (_, changed) => {
        session = changed
      }
    })
    const client = new Core({ rest, gateway })
    gateway.on("error", () => {})
    client.on(GatewayDispatchEvents.MessageCreate, ({ api, data }) => {
      if (data.content === "ping") void api.channels.createMessage(data.channel_id, { content: "pong" })
    })
    client.on(GatewayDispatchEvents.InteractionCreate, ({ api, data }) => {
      void api.interactions.reply(data.id, data.token, { content: "well" })
    })
    yield* Effect.addFinalizer(() => Effect.promise(async () => gateway.destroy()))
    const ready = new Promise((resolve) => client.once(GatewayDispatchEvents.Ready, resolve))
    yield* wait(() => gateway.connect())
    yield* wait(() => ready)
    yield* wait(() => client.api.applicationCommands.bulkOverwriteGlobalCommands(sandbox.applicationId, [health]))
  })

const discordjs: Bot = Effect.fnUntraced(function*(sandbox, token) {
  const client = new DiscordJs({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent],
    rest: { api: `${sandbox.url}/api` }
  })
  client.on("error", () => {})
  client.on("messageCreate", (message) => {
    if (message.content === "ping") void message.reply("pong")
  })
  client.on("interactionCreate", (interaction) => {
    if (interaction.isChatInputCommand()) void interaction.reply("well")
  })
  yield* Effect.addFinalizer(() => Effect.promise(async () => client.destroy()))
  const ready = new Promise<DiscordJs<true>>((resolve) => client.once("clientReady", resolve))
  yield* wait(() => client.login(token))
  yield* wait(() => ready.then((client) => client.application.commands.set([health])))
})

const oceanic: Bot = Effect.fnUntraced(function*(sandbox, token) {
  const client = new Oceanic({
    auth: `Bot ${token}`,
    rest: { baseURL: `${sandbox.url}/api/v10` },
    gateway: { intents: Intents.GUILDS | Intents.GUILD_MESSAGES | Intents.MESSAGE_CONTENT }
  })
  client.on("error", () => {})
  client.on("messageCreate", (message) => {
    if (message.content === "ping") void client.rest.channels.createMessage(message.channelID, { content: "pong" })
  })
  client.on("interactionCreate", (interaction) => {
    if (interaction.isCommandInteraction()) void interaction.createMessage({ content: "well" })
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => client.disconnect(false)))
  const ready = new Promise<void>((resolve) => client.once("ready", resolve))
  yield* wait(() => client.connect())
  yield* wait(() => ready)
  yield* wait(() => client.application.bulkEditGlobalCommands([{ ...health, type: 1 }]))
})

const allIntents = GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages | GatewayIntentBits.MessageContent

export const bots: Readonly<Record<string, Bot>> = {
  "@discordjs/ws": discordjsWs(null),
  "@discordjs/ws with zlib-stream": discordjsWs(CompressionMethod.ZlibNative),
  "discord.js": discordjs,
  "oceanic.js": oceanic
}
