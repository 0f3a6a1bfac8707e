/**
 * A key in shared memory, as far as it fits. Only the thread writes it, others read it when the thread stands still or has died.
 *
 * ```text
 *   Uint16: how long the whole key is, then up to 64 UTF-16 code units of it
 * ```
 */
const most = 64

/** The size of one. */
export const bytes = (1 + most) * 2

/** Several keys, by their positions. */
export class KeyTexts {
  private readonly units: Uint16Array

  constructor(memory: SharedArrayBuffer, offset: number, count: number) {
    this.units = new Uint16Array(memory, offset, count * (1 + most))
  }

  write(position: number, key: string): void {
    const { units } = this
    const at = position * (1 + most)
    const { length } = key
    const shown = length < most ? length : most
    units[at] = length < 0xffff ? length : 0xffff
    for (let unit = 0; unit < shown; unit++) units[at + 1 + unit] = key.charCodeAt(unit)
  }

  /** The key, with an ellipsis if it is longer than what is noted of it. */
  read(position: number): string {
    const at = position * (1 + most)
    const length = this.units[at] ?? 0
    const noted = this.units.slice(at + 1, at + 1 + Math.min(length, most))
    const text = String.fromCharCode(...noted)
    return length > most ? `${text}…` : text
  }
}
