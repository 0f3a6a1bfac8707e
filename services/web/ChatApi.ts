/** What the chat panel adds to the control API: definitions only. */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { Unavailable } from "heddle/Dashboard"
import { ChatMessage } from "../discord/DiscordSandbox.ts"

const line = (length: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(length))

/** Why something was not done in the sandbox; null when it was. */
const ActOutcome = Schema.Struct({ problem: Schema.NullOr(Schema.String) })

const chat = HttpApiGroup.make("chat").add(
  HttpApiEndpoint.post("say", "/", {
    payload: Schema.Struct({ author: line(32), content: line(2000) }),
    success: ChatMessage,
    error: Unavailable
  }).annotateMerge(OpenApi.annotations({
    summary: "Say something to the bot",
    description: "Says something in the sandbox's channel. A text that begins with / is a slash command."
  })),
  HttpApiEndpoint.post("press", "/press", {
    payload: Schema.Struct({
      author: line(32),
      messageId: line(32),
      customId: line(100),
      values: Schema.Array(line(100)).check(Schema.isMaxLength(25))
    }),
    success: ActOutcome,
    error: Unavailable
  }).annotateMerge(OpenApi.annotations({
    summary: "Press a button of a message",
    description: "Presses a button in the sandbox, or chooses values in a menu. The bot answers in the transcript."
  })),
  HttpApiEndpoint.post("react", "/react", {
    payload: Schema.Struct({ author: line(32), messageId: line(32), emoji: line(64) }),
    success: ActOutcome,
    error: Unavailable
  }).annotateMerge(OpenApi.annotations({
    summary: "React to a message",
    description: "Adds a reaction in the sandbox, or takes it back."
  }))
).prefix("/api/chat").annotateMerge(OpenApi.annotations({ description: "The channel of the Discord sandbox." }))

export class ChatApi extends HttpApi.make("chat").add(chat) {}
