/**
 * What a signal means, by when it comes. Pure.
 */

/**
 * The signals that stop the system in order, as far as the platform has them. SIGUSR1 is Node's, SIGUSR2 the program's.
 */
export const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGBREAK"] as const

/**
 * Two signals within this time are one: a terminal's Ctrl-C arrives twice under npm, from the terminal and forwarded; a
 * closed terminal sends SIGHUP, and the shell in it another one; init systems send SIGTERM and SIGHUP together.
 */
const togetherMillis = 500

/** The first signal stops, a later one forces; what comes together with the first one is the first one. */
export const meaningOf = (firstAtMillis: number | undefined, nowMillis: number): "stop" | "echo" | "force" =>
  firstAtMillis === undefined ? "stop" : nowMillis - firstAtMillis < togetherMillis ? "echo" : "force"
