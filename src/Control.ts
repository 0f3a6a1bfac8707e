/**
 * How a running system can be operated from outside its process, by the `heddle` command.
 */

/**
 * Whether a system listens for the `heddle` command.
 *
 * @since 0.1.0
 * @category models
 */
export interface Control {
  readonly "~heddle/Control": "socket" | "none"
}

/**
 * The system listens on a Unix socket, or a named pipe on Windows, for the `heddle` command.
 *
 * **Details**
 * - The socket is in a folder that only its owner can open: `$XDG_RUNTIME_DIR/heddle`, or `heddle-<uid>` in the folder for
 *   temporary files. A JSON file next to it says which system it is.
 * - The default under `heddle start` and `System.run`.
 * - A system that can't listen logs a warning, and runs without. The socket keeps no process alive.
 *
 * **Gotchas**
 * - All processes of the same user, and of root, can operate the system, as they can send signals to its process.
 *
 * **Example**
 *
 * ```ts
 * System.layer(config, { control: Control.socket })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const socket: Control = { "~heddle/Control": "socket" }

/**
 * Nothing listens. The default under `System.layer` and `Testing.layer`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Control = { "~heddle/Control": "none" }

/**
 * Recognizes a `Control`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isControl = (value: unknown): value is Control =>
  typeof value === "object" && value !== null && "~heddle/Control" in value
