/**
 * An actor that shows a system and steers it: a page, health and readiness, metrics and a control API, over HTTP.
 *
 * A config module declares it as any other actor. Only the thread that hosts it loads the server.
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Actor from "./Actor.ts"
import { Dashboard, type Options } from "./dashboard/actor.ts"
import type { Panel } from "./dashboard/panel.ts"

export { Dashboard, type Options } from "./dashboard/actor.ts"
export { Unavailable, within } from "./dashboard/asking.ts"
export { limitConnections } from "./dashboard/connections.ts"
export type { Check, Field, Health, Lines, Panel, State } from "./dashboard/panel.ts"
export { lines, state } from "./dashboard/panel.ts"
export { pageParts } from "./dashboard/parts.ts"
export { listenAgain } from "./dashboard/samePort.ts"

/**
 * A module with panels of a program's own: its default export builds them.
 *
 * @since 0.1.0
 * @category models
 */
export interface PanelModule<out R> {
  readonly default: Effect.Effect<ReadonlyArray<Panel>, unknown, R>
}

/**
 * Declares a dashboard with options and with panels of a program's own.
 *
 * **Details**
 * - `panels` names the module that builds them, which only the dashboard's thread loads. It may ask for other actors of the
 *   system, and what it starts ends with the dashboard: see `Panel`.
 *
 * **Example**
 *
 * ```ts
 * web: Thread.make({
 *   actors: [Dashboard.make({ port: 4000, panels: () => import("./orders/panels.ts") })]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: {
  (options?: Options & { readonly panels?: undefined }): Actor.Lazy<Dashboard, never>
  <R>(
    options: Options & { readonly panels: () => Promise<PanelModule<R>> }
  ): Actor.Lazy<Dashboard, Exclude<R, Actor.Current | Scope.Scope>>
} = (
  { panels, ...options }: Options & { readonly panels?: (() => Promise<PanelModule<unknown>>) | undefined } = {}
): Actor.Lazy<Dashboard, never> => ({
  actor: Dashboard,
  load: async () => {
    const [{ make }, module] = await Promise.all([import("./dashboard/layer.ts"), panels?.()])
    return { default: make(options, module?.default) }
  }
})

/**
 * The dashboard, with what the environment says.
 *
 * **Details**
 * - Health for probes, which is open to everybody: `/livez`, and `/readyz` and `/healthz` with the reasons.
 * - `/metrics` for Prometheus. The control API below `/api`, with its OpenAPI document (`/api/openapi.json`, readable at
 *   `/docs`). The page at `/`.
 * - Requests under foreign names (DNS rebinding) and from other sites' pages (CSRF) are refused.
 *
 * **Example**
 *
 * ```ts
 * web: Thread.make({ actors: [Dashboard.actor] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const actor: Actor.Lazy<Dashboard, never> = make()
