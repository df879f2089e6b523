/** Without it, graphql-js and Express do what helps their developers: a millisecond of each request. */
process.env.NODE_ENV ??= 'production';
