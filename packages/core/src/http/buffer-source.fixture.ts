declare global {
  /** What structured-headers takes from the DOM's types, which are not here. */
  type BufferSource = ArrayBufferView | ArrayBuffer
}

export {}
