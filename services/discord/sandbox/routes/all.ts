/** All routes of the REST API. */
import type { RESTGetAPIGatewayResult, RESTGetCurrentApplicationResult } from "discord-api-types/v10"
import type { Gateway } from "../gateway.ts"
import * as replies from "../replies.ts"
import { channelRoutes } from "./channels.ts"
import { commandRoutes } from "./commands.ts"
import { guildRoutes } from "./guild.ts"
import { interactionRoutes } from "./interactions.ts"
import { messageRoutes } from "./messages.ts"
import type { Parts } from "./parts.ts"
import { reactionRoutes } from "./reactions.ts"
import type { Route } from "./route.ts"
import { threadRoutes } from "./threads.ts"

export const routesOf = (of: Parts & { readonly gateway: Gateway }): ReadonlyArray<Route> => {
  const { gateway, world } = of
  const application = () => replies.ok(world.application satisfies RESTGetCurrentApplicationResult)
  return [
    {
      at: "GET /gateway",
      open: true,
      handle: () => replies.ok({ url: gateway.url } satisfies RESTGetAPIGatewayResult)
    },
    { at: "GET /gateway/bot", handle: () => replies.ok(gateway.info) },
    { at: "GET /applications/@me", handle: application },
    { at: "GET /oauth2/applications/@me", handle: application },
    ...guildRoutes(of),
    ...channelRoutes(of),
    ...threadRoutes(of),
    ...messageRoutes(of),
    ...reactionRoutes(of),
    ...commandRoutes(of),
    ...interactionRoutes(of)
  ]
}
