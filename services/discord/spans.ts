/** Spans of time as people write them. */
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Reads `10m`, `2h30m`, `1d 12h`: milliseconds, or undefined if it is none. A number alone is minutes. */
export const inMillis = (text: string): number | undefined => {
  const written = text.trim().toLowerCase()
  if (/^\d{1,6}$/.test(written)) return positive(Number(written) * 60_000)
  if (!/^(\d{1,6}\s*[smhdw]\s*)+$/.test(written)) return undefined
  let millis = 0
  for (const [, count = "", unit = ""] of written.matchAll(/(\d+)\s*([smhdw])/g)) {
    millis += Number(count) * (units[unit] ?? 0)
  }
  return positive(millis)
}

const positive = (millis: number): number | undefined => millis > 0 ? millis : undefined
