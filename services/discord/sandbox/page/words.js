/** Says times in words. */

export const clock = (millis) => new Date(millis).toLocaleTimeString([], { hour12: false })
