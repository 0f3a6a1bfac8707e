/** Routes by which the bot answers what people did, with the token of each. */
import * as replies from "../replies.ts"
import type { Parts } from "./parts.ts"
import { type Handle, messageLimit, type Route } from "./route.ts"

export const interactionRoutes = ({ interactions, messages, world }: Parts): ReadonlyArray<Route> => {
  const ofWebhook = (handle: Handle): Handle => (request) =>
    request.ids[0] === world.application.id ? handle(request) : replies.unknownWebhook
  const known: Route["turnsAway"] = ([application, token]) =>
    application !== world.application.id
      ? replies.unknownWebhook
      : interactions.isKnown(token)
      ? undefined
      : replies.expiredToken
  const message = "/webhooks/:application/:token/messages/:message"
  return [
    {
      at: "POST /interactions/:interaction/:token/callback",
      open: true,
      turnsAway: ([, token]) => interactions.isKnown(token) ? undefined : replies.unknownInteraction,
      handle: ({ body, files, ids: [id, token], query }) =>
        interactions.answer(id, token, body, files, query.get("with_response") === "true")
    },
    {
      at: "POST /webhooks/:application/:token",
      limit: messageLimit,
      open: true,
      turnsAway: known,
      handle: ofWebhook(({ body, files, ids: [, token] }) => interactions.followUp(token, body, files))
    },
    {
      at: `GET ${message}`,
      limit: messageLimit,
      open: true,
      turnsAway: known,
      handle: ofWebhook(({ ids: [, token, id] }) => interactions.withMessage(token, id, replies.ok))
    },
    {
      at: `PATCH ${message}`,
      limit: messageLimit,
      open: true,
      turnsAway: known,
      handle: ofWebhook(({ body, files, ids: [, token, id] }) =>
        interactions.withMessage(token, id, (message) => interactions.edited(message, body, files))
      )
    },
    {
      at: `DELETE ${message}`,
      limit: messageLimit,
      open: true,
      turnsAway: known,
      handle: ofWebhook(({ ids: [, token, id] }) =>
        interactions.withMessage(token, id, (message) => {
          messages.remove(message)
          return replies.noContent
        })
      )
    }
  ]
}
