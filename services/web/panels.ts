/** What the shipped services add to the dashboard. */
import * as Effect from "effect/Effect"
import * as chat from "./chat.ts"
import * as crawls from "./crawls.ts"

export default Effect.all([chat.make, crawls.make])
