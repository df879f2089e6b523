/** The one file that imports express. */
export {
  default as express,
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
