/** How the connection is, and the rule that says when it is dead although nobody said so. */

/** Times are those of `performance.now()`: no clock that is set moves them. */
export interface GatewayView {
  readonly state: "connecting" | "ready" | "resuming" | "disconnected"
  /** Since when there is no session on the wire; null while there is. */
  readonly downSinceMillis: number | null
  /** When the last heartbeat was answered. */
  readonly lastAckMillis: number | null
  /** When the peer last showed life: its HELLO, then each answered heartbeat. */
  readonly aliveAtMillis: number | null
  /** When the heartbeat was sent that is not answered yet; null when all are. */
  readonly beatMillis: number | null
  readonly latencyMillis: number | null
  readonly heartbeatMillis: number
  readonly reconnects: number
  /** How many connections in a row ended before they were stable. */
  readonly shortLived: number
  readonly resumes: number
  readonly identifiesLeft: number
}

const maxDownMillis = 30_000

/** From then on a connection is no longer one that was ended at once. */
export const stableMillis = 30_000
/** The library comes back every half second; after so many short connections it has to wait longer and longer. */
const mostShortLived = 5

/**
 * Says what is wrong with the connection, or null.
 *
 * **Details**
 * - A peer answers each heartbeat at once, so its silence for half an interval after a beat means that it is gone: the
 *   limit is 1.5 intervals since it last showed life, and never less than a second after the beat. For Discord's 41
 *   seconds that is 62 seconds; the library itself waits for the second beat, then 30 seconds for the close.
 * - While the library reconnects only the time without a session counts, 30 seconds, and how often it had to: a Discord that
 *   ends each connection at once is not to be asked twice a second.
 */
export const unwell = (view: GatewayView, nowMillis: number): string | null => {
  if (view.downSinceMillis !== null && nowMillis - view.downSinceMillis > maxDownMillis) {
    return `the bot has been without a session for ${seconds(nowMillis - view.downSinceMillis)}`
  }
  if (view.shortLived >= mostShortLived) return `Discord ended each of the last ${mostShortLived} connections at once`
  if (view.state === "disconnected" || view.aliveAtMillis === null) return null
  const silentMillis = nowMillis - view.aliveAtMillis
  return silentMillis > silenceLimitMillis(view.heartbeatMillis)
    ? `Discord has not answered a heartbeat for ${seconds(silentMillis)}`
    : null
}

/** An answer takes a fraction of a second; then it is uncertain whether anybody is there. */
const overdueMillis = 3000

/** Says whether a heartbeat should have been answered by now. */
export const isOverdue = ({ beatMillis }: Pick<GatewayView, "beatMillis">, nowMillis: number): boolean =>
  beatMillis !== null && nowMillis - beatMillis > overdueMillis

const silenceLimitMillis = (heartbeatMillis: number): number => heartbeatMillis + Math.max(heartbeatMillis / 2, 1000)

const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`
