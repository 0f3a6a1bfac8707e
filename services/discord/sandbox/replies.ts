/** What REST answers: a status and a body, errors in Discord's own words and numbers. */
import type { RESTError } from "discord-api-types/v10"

export interface Reply {
  readonly status: number
  readonly body?: unknown
  /** In place of a body of JSON. */
  readonly bytes?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export const ok = (body: unknown): Reply => ({ status: 200, body })
export const created = (body: unknown): Reply => ({ status: 201, body })
export const noContent: Reply = { status: 204 }

const refuse = (status: number, code: number, message: string): Reply => ({
  status,
  body: { code, message } satisfies RESTError
})

export const unauthorized = refuse(401, 0, "401: Unauthorized")
export const noRoute = refuse(404, 0, "404: Not Found")
export const noSuchRoute = (route: string): Reply =>
  refuse(404, 0, `404: Not Found. The sandbox does not have the route ${route}.`)
export const noPages = refuse(403, 0, "The sandbox takes no requests from web pages.")
export const foreignHost = refuse(421, 0, "The sandbox is for this machine: use its own address.")
export const tooLarge = refuse(413, 40005, "Request entity too large")
export const unavailable = refuse(503, 0, "503: Service Unavailable")
export const timedOut = refuse(504, 0, "504: Gateway Timeout")
export const broken = refuse(500, 0, "500: Internal Server Error")
export const badJson = refuse(400, 50109, "The request body contains invalid JSON.")
export const badForm = refuse(400, 50035, "Invalid Form Body: the sandbox can't read this multipart/form-data.")
export const unknownChannel = refuse(404, 10003, "Unknown Channel")
export const unknownGuild = refuse(404, 10004, "Unknown Guild")
export const unknownMessage = refuse(404, 10008, "Unknown Message")
export const cannotDirect = refuse(400, 50007, "Cannot send messages to this user")
export const lastChannel = refuse(400, 50074, "Cannot delete a channel required for Community guilds")
export const unknownRole = refuse(404, 10011, "Unknown Role")
export const unknownMember = refuse(404, 10007, "Unknown Member")
export const unknownEmoji = refuse(400, 10014, "Unknown Emoji")
export const unknownBan = refuse(404, 10026, "Unknown Ban")
export const tooManyReactions = refuse(400, 30010, "Maximum number of reactions reached (20)")
export const tooManyPins = refuse(400, 30003, "Maximum number of pins reached (250)")
export const threadExists = refuse(400, 160004, "A thread has already been created for this message")
export const archivedThread = refuse(400, 50083, "Thread is archived")
export const wrongChannel = refuse(400, 50024, "Cannot execute action on this channel type")
export const unknownUser = refuse(404, 10013, "Unknown User")
export const unknownWebhook = refuse(404, 10015, "Unknown Webhook")
export const unknownInteraction = refuse(404, 10062, "Unknown interaction")
export const unknownCommand = refuse(404, 10063, "Unknown application command")
export const tooManyCommands = refuse(400, 30032, "Maximum number of application commands reached (100)")
export const alreadyAcknowledged = refuse(400, 40060, "Interaction has already been acknowledged.")
export const missingAccess = refuse(403, 50001, "Missing Access")
export const notYours = refuse(403, 50005, "Cannot edit a message authored by another user")
export const emptyMessage = refuse(400, 50006, "Cannot send an empty message")
export const expiredToken = refuse(401, 50027, "Invalid Webhook Token")

/** A body of the wrong shape; `field` is where. */
export const invalidForm = (field: string, code: string, message: string): Reply => ({
  status: 400,
  body: {
    code: 50035,
    message: "Invalid Form Body",
    errors: { [field]: { _errors: [{ code, message }] } }
  } satisfies RESTError
})

/** A 429. The header counts whole seconds, the body fractions. */
export const rateLimited = (retryAfterMillis: number, scope: "user" | "global" | "shared"): Reply => ({
  status: 429,
  headers: {
    "retry-after": String(Math.ceil(retryAfterMillis / 1000)),
    "x-ratelimit-scope": scope,
    ...(scope === "global" ? { "x-ratelimit-global": "true" } : {})
  },
  body: { message: "You are being rate limited.", retry_after: retryAfterMillis / 1000, global: scope === "global" }
})
