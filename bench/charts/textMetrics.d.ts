/** vega exports how it measures texts, which its types leave out. */
import "vega"

declare module "vega" {
  export const textMetrics: {
    width: (item: { readonly fontSize?: number; readonly fontWeight?: number | string }, text: unknown) => number
  }
}
