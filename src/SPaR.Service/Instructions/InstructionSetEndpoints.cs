using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Instructions;

/// <summary>Submits and lists instruction sets.</summary>
internal static class InstructionSetEndpoints
{
    private const string Ndjson = "application/x-ndjson";
    private const int NameLimit = 200;

    public static void MapInstructionSets(this IEndpointRouteBuilder api)
    {
        var sets = api.MapGroup("/instruction-sets").WithTags("Instruction sets");
        sets.MapPost("", Submit).RequireScope(Scope.Submit).WithName("SubmitInstructionSet")
            .WithSummary("Submit instructions, as one JSON object or as NDJSON")
            .WithDescription(
                "In application/x-ndjson each line is one instruction, and the query parameter 'name' names the set; the body may be as "
                + "long as the key's max_body_bytes. Either all instructions are stored or none; errors name line and field. "
                + "constraints are what a program can verify about an answer, with IFEval's ids and arguments: a list of objects with id "
                + "and kwargs, or an object with instruction_id_list and kwargs as in IFEval's files. Runs report which of them each "
                + "answer follows; with judge.judging votes+verifier, an answer that violates one is bad.")
            .Accepts<InstructionSetRequest>("application/json", Ndjson)
            .WithMetadata(
                new BodyExample("""
                    {
                      "name": "first steps",
                      "instructions": [
                        { "prompt": "Name three colours. Use lower case only." },
                        {
                          "messages": [
                            { "role": "system", "content": "You answer in one sentence." },
                            { "role": "user", "content": "What is a lighthouse for?" }
                          ],
                          "constraints": [
                            { "id": "length_constraints:number_sentences", "kwargs": { "num_sentences": 2, "relation": "less than" } }
                          ],
                          "metadata": { "source": "by hand" }
                        }
                      ]
                    }
                    """),
                new BodyExample("""{ "prompt": "Name three colours. Use lower case only." }""", Ndjson));
        sets.MapGet("", List).RequireScope(Scope.Read).WithName("ListInstructionSets").WithSummary("List instruction sets, newest first");
        sets.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetInstructionSet").WithSummary("One instruction set");
        sets.MapGet("/{id}/instructions", Instructions).RequireScope(Scope.Read).WithName("ListInstructions")
            .WithSummary("The instructions of a set, in order");
        sets.MapDelete("/{id}", (string id, SparDb db, CancellationToken cancellationToken) =>
            Deleted.AnswerAsync<InstructionSet>(db, "instruction set", id, null, null, cancellationToken))
            .RequireScope(Scope.Admin).WithName("DeleteInstructionSet").WithSummary("Delete an instruction set that no run uses");
    }

    private static async Task<Results<Created<InstructionSetView>, InvalidProblem>> Submit(
        HttpRequest request, SparDb db, TimeProvider time, CancellationToken cancellationToken, string? name = null)
    {
        InstructionSet set;
        if (request.ContentType?.StartsWith(Ndjson, StringComparison.OrdinalIgnoreCase) is true)
        {
            if (NameError(name, "name") is { } error)
                return InvalidProblem.Of("invalid-name", error);
            // Each line has a limit and is stored as it arrives, so the whole body may be as long as the key allows.
            BodyLimits.RaiseForUpload(request.HttpContext);
            set = await new InstructionIntake(db, time, name!).TakeAsync(
                NdjsonReader.ReadAsync(request.BodyReader, cancellationToken), cancellationToken);
        }
        else
        {
            var body = await JsonSerializer.DeserializeAsync<InstructionSetRequest>(request.Body, ApiJson.Options, cancellationToken)
                ?? throw new JsonException("The body is null; send an object with name and instructions.");
            if (NameError(body.Name, "name") is { } error)
                return InvalidProblem.Of("invalid-name", error);
            if (body.Instructions.ValueKind != JsonValueKind.Array)
                return InvalidProblem.Of("invalid-instructions", new FieldError("instructions", "must be a list of instructions."));
            set = await new InstructionIntake(db, time, body.Name).TakeAsync(body.Instructions, cancellationToken);
        }

        return TypedResults.Created($"/v1/instruction-sets/{set.Id}", InstructionSetView.Of(set));
    }

    private static async Task<Ok<Page<InstructionSetView>>> List(
        [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.InstructionSets.AsNoTracking().Where(s => page.After == null || string.Compare(s.Id, page.After) < 0)
            .OrderByDescending(s => s.Id).Take(page.Take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(InstructionSetView.Of), s => s.Id));
    }

    private static async Task<Results<Ok<InstructionSetView>, NotFoundProblem>> Get(
        string id, SparDb db, CancellationToken cancellationToken) =>
        await db.InstructionSets.AsNoTracking().FirstOrDefaultAsync(s => s.Id == id, cancellationToken) is { } set
            ? TypedResults.Ok(InstructionSetView.Of(set))
            : NotFoundProblem.Of("instruction set", id);

    private static async Task<Results<Ok<Page<InstructionView>>, NotFoundProblem>> Instructions(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        if (!await db.InstructionSets.AnyAsync(s => s.Id == id, cancellationToken))
            return NotFoundProblem.Of("instruction set", id);
        var after = page.AfterOrdinal;
        var rows = await db.Instructions.AsNoTracking().Where(i => i.SetId == id && i.Ordinal > after)
            .OrderBy(i => i.Ordinal).Take(page.Take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(InstructionView.Of), i => $"{i.Ordinal}"));
    }

    private static FieldError? NameError(string? name, string field) => string.IsNullOrWhiteSpace(name) || name.Length > NameLimit
        ? new(field, $"must have 1 to {NameLimit} characters.")
        : null;
}

/// <param name="Instructions">Each with <c>prompt</c> (a text) or <c>messages</c> (a conversation that ends with the user's), and optional
/// <c>constraints</c> (which are checked) and <c>metadata</c> (anything); both are stored as given.</param>
internal sealed record InstructionSetRequest(string Name, JsonElement Instructions);

internal sealed record InstructionSetView(string Id, string Name, int Count, DateTimeOffset CreatedAt)
{
    public static InstructionSetView Of(InstructionSet s) => new(s.Id, s.Name, s.Count, s.CreatedAt);
}

/// <param name="Ordinal">Position in the set, from 0.</param>
internal sealed record InstructionView(
    string Id, int Ordinal, IReadOnlyList<ChatMessage> Messages, JsonNode? Constraints, JsonNode? Metadata)
{
    public static InstructionView Of(Instruction i) => new(i.Id, i.Ordinal, i.Messages, i.Constraints, i.Metadata);
}
