/**
 * A lint rule: a `Result` or `ResultAsync` of neverthrow that an expression statement drops is an error nobody will ever see.
 * One whose error type is `never` may be dropped.
 *
 * `no-floating-promises` covers a dropped `ResultAsync` too, being thenable; not a `Result`, nor either one behind `void`.
 */
export const mustUseResult = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      dropped:
        'This {{type}} is dropped, and its error with it: look at it, return it, or say why not with orElse or unwrapOr.',
    },
  },
  create(context) {
    const { program, esTreeNodeToTSNodeMap } = context.sourceCode.parserServices;
    if (!program) return {};
    const checker = program.getTypeChecker();

    return {
      ExpressionStatement(statement) {
        for (const expression of dropped(statement.expression)) {
          const type = resultName(checker.getTypeAtLocation(esTreeNodeToTSNodeMap.get(expression)), checker);
          if (type) context.report({ node: expression, messageId: 'dropped', data: { type } });
        }
      },
    };
  },
};

/** The expressions whose values a statement throws away. */
function dropped(expression) {
  switch (expression.type) {
    case 'AssignmentExpression':
    case 'UpdateExpression':
      return [];
    case 'LogicalExpression':
      return dropped(expression.right);
    case 'ConditionalExpression':
      return [...dropped(expression.consequent), ...dropped(expression.alternate)];
    case 'SequenceExpression':
      return expression.expressions.flatMap(dropped);
    case 'ChainExpression':
      return dropped(expression.expression);
    default:
      return [expression];
  }
}

function resultName(type, checker) {
  for (const part of type.isUnion() ? type.types : [type]) {
    const symbol = part.getSymbol();
    const name = symbol?.getName();
    if (!['Ok', 'Err', 'Result', 'ResultAsync'].includes(name)) continue;
    if (!symbol.declarations?.some((declaration) => isOfNeverthrow(declaration))) continue;
    const error = checker.getTypeArguments(part)[1];
    if (error && checker.typeToString(error) !== 'never') return name === 'ResultAsync' ? name : 'Result';
  }
  return undefined;
}

function isOfNeverthrow(declaration) {
  return declaration.getSourceFile().fileName.includes('/neverthrow/');
}
