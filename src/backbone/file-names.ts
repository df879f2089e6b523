/** What lies under these names in a backbone's folder. */
export const MANIFEST_FILE = 'manifest.json';
export const ONNX_FILE = 'backbone.onnx';
