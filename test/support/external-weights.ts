import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

/** Moves a graph's float32 constants out to a file: the graph that refers to it, and what the file holds. */
export function moveWeightsOut(
  graphBytes: Uint8Array,
  location: string,
): { graph: Uint8Array; weights: Uint8Array } {
  const decoded = onnx.ModelProto.decode(graphBytes);
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of decoded.graph?.initializer ?? []) {
    // The runtime wants shapes and indices inside.
    if (tensor.dataType !== onnx.TensorProto.DataType.FLOAT || !tensor.rawData?.length) continue;
    const bytes = Uint8Array.from(tensor.rawData);
    parts.push(bytes);
    tensor.rawData = new Uint8Array();
    tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
    tensor.externalData = Object.entries({ location, offset, length: bytes.length }).map(([key, value]) =>
      onnx.StringStringEntryProto.create({ key, value: String(value) }),
    );
    offset += bytes.length;
  }
  return { graph: onnx.ModelProto.encode(decoded).finish(), weights: Buffer.concat(parts) };
}
