/** The package comes without types. */
declare module "html-encoding-sniffer" {
  /** Returns the name of the encoding, in the spelling of the Encoding Standard ("windows-1252", "UTF-8"). */
  export default function sniff(
    bytes: Uint8Array,
    options: {
      readonly xml: boolean
      readonly transportLayerEncodingLabel?: string
      readonly defaultEncoding: string
    }
  ): string
}
