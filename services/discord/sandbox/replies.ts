/** What REST answers: a status and a body, errors in Discord's own words and numbers. */
import type { RESTError } from "discord-api-types/v10"

export interface Reply {
  readonly status: number
  readonly body?: unknown
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
export const noPages = refuse(403, 0, "The sandbox takes no requests from web pages.")
export const foreignHost = refuse(421, 0, "The sandbox is for this machine: use its own address.")
export const tooLarge = refuse(413, 40005, "Request entity too large")
export const unavailable = refuse(503, 0, "503: Service Unavailable")
export const timedOut = refuse(504, 0, "504: Gateway Timeout")
export const broken = refuse(500, 0, "500: Internal Server Error")
export const badJson = refuse(400, 50109, "The request body contains invalid JSON.")
export const jsonOnly = refuse(415, 0, "The sandbox takes bodies of JSON, and no attachments.")
export const unknownChannel = refuse(404, 10003, "Unknown Channel")
export const unknownGuild = refuse(404, 10004, "Unknown Guild")
export const unknownMessage = refuse(404, 10008, "Unknown Message")
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
