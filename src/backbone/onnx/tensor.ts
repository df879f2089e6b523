/** The element types that our graphs take and give. */
interface TensorElements {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  /** One byte each, 0 or 1. */
  bool: Uint8Array;
}

export type TensorType = keyof TensorElements;

/** A dense array in row-major order; `data` holds the product of `dims` elements. */
export type Tensor = {
  [Type in TensorType]: { type: Type; data: TensorElements[Type]; dims: readonly number[] };
}[TensorType];

/** Tensors by their names in a graph. */
export type Tensors = Record<string, Tensor>;

/** An input or output of a graph. A string is an axis whose length a run decides. */
export interface TensorSlot {
  name: string;
  type: TensorType;
  dims: readonly (number | string)[];
}

/** What a graph takes and gives. */
export interface GraphSlots {
  inputs: readonly TensorSlot[];
  outputs: readonly TensorSlot[];
}

const CONSTRUCTORS: { [Type in TensorType]: new (length: number) => TensorElements[Type] } = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** The number of elements that dimensions span; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** A tensor of zeros. */
export function zeros(type: TensorType, dims: readonly number[]): Tensor {
  return { type, data: new CONSTRUCTORS[type](elementCount(dims)), dims } as Tensor;
}

/** Zeros for every slot, each axis that a run decides of length 1. */
export function zerosFor(slots: readonly TensorSlot[]): Tensors {
  return Object.fromEntries(
    slots.map(({ name, type, dims }) => [
      name,
      zeros(
        type,
        dims.map((size) => (typeof size === 'number' ? size : 1)),
      ),
    ]),
  );
}
