/** The task of the pools that import a function. */
export default (message: unknown): unknown => message
