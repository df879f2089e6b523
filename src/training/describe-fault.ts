import { z } from 'zod';

const KINDS: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};

/** What is wrong with a value of a JSON document, in a sentence that says what is allowed. */
export const describeFault: z.core.$ZodErrorMap = (issue) => {
  const allowed = describeAllowed(issue);
  if (allowed === null) return undefined;
  const { input } = issue;
  const isShown = input !== undefined && (input === null || typeof input !== 'object');
  return `It must ${allowed}${isShown ? `, not ${JSON.stringify(input)}` : ''}.`;
};

function describeAllowed(issue: z.core.$ZodRawIssue): string | null {
  switch (issue.code) {
    case 'invalid_type':
      return `be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `be ${issue.values.join(' or ')}`;
    case 'too_small':
      if (issue.origin === 'array') return `have ${issue.minimum} or more`;
      return issue.inclusive ? `be ${issue.minimum} or more` : `be above ${issue.minimum}`;
    case 'too_big':
      return `be ${issue.maximum} or less`;
    case 'unrecognized_keys': {
      const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
      return `not have ${issue.keys.join(', ')}. There are: ${known.join(', ')}`;
    }
    case 'invalid_key':
      return 'have a name';
    default:
      return null;
  }
}
