import onnxProto from 'onnx-proto';
import { elementCount, type Tensor, type TensorSlot, type TensorType } from './tensor.ts';

/** The name of a value in a graph under construction. */
export type Value = string & { readonly __brand: 'Value' };

/** A node's attribute: integers stay integers, `{ float }` makes a float of a whole number too. */
type Attribute = number | string | readonly number[] | { float: number };

/** A graph under construction: nodes in the order in which they run. */
export interface GraphBuilder {
  /** Declares an input; a string in `dims` is an axis that a run decides. */
  input(name: string, type: TensorType, dims: readonly (number | string)[]): Value;
  /** A constant stored in the file. */
  constant(tensor: Tensor): Value;
  /** A node with one output. */
  node(operator: string, inputs: readonly Value[], attributes?: Record<string, Attribute>): Value;
  /** A node with several outputs. */
  nodeWithOutputs(
    operator: string,
    inputs: readonly Value[],
    outputCount: number,
    attributes?: Record<string, Attribute>,
  ): Value[];
  /** Names a value as an output of the graph. */
  output(value: Value, slot: TensorSlot): void;
  /** The ONNX file. The same calls give the same bytes. */
  build(): Uint8Array;
}

const { onnx } = onnxProto;
const { AttributeType } = onnx.AttributeProto;

const OPSET_VERSION = 18;
const IR_VERSION = 8;

const ELEMENT_TYPES: Record<TensorType, number> = {
  float32: onnx.TensorProto.DataType.FLOAT,
  float64: onnx.TensorProto.DataType.DOUBLE,
  int32: onnx.TensorProto.DataType.INT32,
  int64: onnx.TensorProto.DataType.INT64,
  uint8: onnx.TensorProto.DataType.UINT8,
  bool: onnx.TensorProto.DataType.BOOL,
};

/** Starts an ONNX graph of operator set 18. Equal constants are stored once. */
export function createGraphBuilder(graphName: string): GraphBuilder {
  const inputs: TensorSlot[] = [];
  const outputs: TensorSlot[] = [];
  const nodes: onnxProto.onnx.INodeProto[] = [];
  const initializers: onnxProto.onnx.ITensorProto[] = [];
  const constantsByContent = new Map<string, Value>();

  const nodeWithOutputs: GraphBuilder['nodeWithOutputs'] = (operator, from, outputCount, attributes = {}) => {
    const name = `${operator}_${nodes.length}`;
    const to = Array.from({ length: outputCount }, (_, i) => `${name}_${i}` as Value);
    nodes.push({
      name,
      opType: operator,
      input: [...from],
      output: to,
      attribute: Object.entries(attributes).map(([key, value]) => toAttribute(key, value)),
    });
    return to;
  };

  return {
    input(name, type, dims) {
      inputs.push({ name, type, dims });
      return name as Value;
    },
    constant(tensor) {
      if (tensor.data.length !== elementCount(tensor.dims)) {
        throw new RangeError(`A constant of ${tensor.data.length} elements does not fill [${tensor.dims}].`);
      }
      const bytes = toLittleEndian(tensor);
      const content = `${tensor.type} ${tensor.dims} ${Buffer.from(bytes).toString('latin1')}`;
      let name = constantsByContent.get(content);
      if (name === undefined) {
        name = `constant_${initializers.length}` as Value;
        constantsByContent.set(content, name);
        initializers.push({
          name,
          dims: [...tensor.dims],
          dataType: ELEMENT_TYPES[tensor.type],
          rawData: bytes,
        });
      }
      return name;
    },
    node: (operator, from, attributes) => nodeWithOutputs(operator, from, 1, attributes)[0],
    nodeWithOutputs,
    output(value, slot) {
      outputs.push(slot);
      nodes.push({ name: `output_${slot.name}`, opType: 'Identity', input: [value], output: [slot.name] });
    },
    build() {
      return onnx.ModelProto.encode({
        irVersion: IR_VERSION,
        producerName: 'control-mvr',
        opsetImport: [{ domain: '', version: OPSET_VERSION }],
        graph: {
          name: graphName,
          node: nodes,
          initializer: initializers,
          input: inputs.map(toValueInfo),
          output: outputs.map(toValueInfo),
        },
      }).finish();
    },
  };
}

function toAttribute(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: Buffer.from(value) };
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? { name, type: AttributeType.INT, i: value }
      : { name, type: AttributeType.FLOAT, f: value };
  }
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

function toValueInfo({ name, type, dims }: TensorSlot): onnxProto.onnx.IValueInfoProto {
  const shape = {
    dim: dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })),
  };
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape } } };
}

/** ONNX stores raw elements in little-endian order, as do all processors that Node 24 runs on. */
function toLittleEndian({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
}
