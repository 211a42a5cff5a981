/** A certificate and its private key, as PEM texts. */
export interface KeyPair {
  cert: string
  key: string
}
