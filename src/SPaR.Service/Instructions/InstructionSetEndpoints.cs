using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Uploads;

namespace SPaR.Service.Instructions;

/// <summary>Submits, extends, lists and exports instruction sets.</summary>
internal static class InstructionSetEndpoints
{
    private const string Keep = "keep", Drop = "drop";

    public static void MapInstructionSets(this IEndpointRouteBuilder api)
    {
        var sets = api.MapGroup("/instruction-sets").WithTags("Instruction sets");
        sets.MapPost("", Submit).RequireScope(Scope.Submit).LimitStreams().WithName("SubmitInstructionSet")
            .Idempotent("GetInstructionSet", typeof(InstructionSet))
            .WithSummary("Submit instructions as a file: NDJSON, JSON, CSV or Parquet")
            .WithDescription(
                UploadedFile.Description
                + "A row is prompt, messages or conversations, with optional constraints and metadata "
                + "(format chat); a row of IFEval (ifeval); or instruction and input (alpaca). Either all rows are stored or none, unless "
                + "skip_invalid is true; errors name place and field. An unknown column is an error; unknown=metadata keeps it, "
                + "unknown=ignore leaves it out. last_answer=drop takes the assistant's last message off a conversation. "
                + "map=prompt=question reads a column under another name. 'name' names the set; a JSON object may have it instead. "
                + "The answer counts rows that repeat earlier ones. "
                + "constraints are what a program can verify about an answer, with IFEval's ids and arguments: a list of objects with id "
                + "and kwargs, or an object with instruction_id_list and kwargs as in IFEval's files. Runs report which of them each "
                + "answer follows; with judge.judging votes+verifier, an answer that violates one is bad.")
            .Accepts<InstructionSetRequest>(UploadedFile.ContentTypes[0], UploadedFile.ContentTypes[1..])
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
                new BodyExample("""{ "prompt": "Name three colours. Use lower case only." }""", UploadedFile.ContentTypes[0]));
        sets.MapPost("/{id}/instructions", Append).RequireScope(Scope.Submit).LimitStreams().WithName("AddInstructions").Idempotent()
            .WithSummary("Add instructions to a set, after those that it has")
            .WithDescription(
                "The file and the parameters are as for a new set. A run keeps the instructions that the set had when the run was created; "
                + "later runs take all. The answer says how this file was understood, and which rows repeat earlier ones of the set.")
            .Accepts<InstructionSetRequest>(UploadedFile.ContentTypes[0], UploadedFile.ContentTypes[1..])
            .WithMetadata(
                new BodyExample("""{ "name": "ignored here", "instructions": [{ "prompt": "Name three colours." }] }"""),
                new BodyExample("""{ "prompt": "Name three colours. Use lower case only." }""", UploadedFile.ContentTypes[0]));
        sets.MapGet("/{id}/export", Export).RequireScope(Scope.Read).LimitStreams().WithName("ExportInstructionSet")
            .WithSummary("Export the instructions of a set as NDJSON, as they can be submitted again");
        sets.MapGet("", List).RequireScope(Scope.Read).WithName("ListInstructionSets").WithSummary("List instruction sets, newest first");
        sets.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetInstructionSet").WithSummary("One instruction set");
        sets.MapGet("/{id}/instructions", Instructions).RequireScope(Scope.Read).WithName("ListInstructions")
            .WithSummary("The instructions of a set, in order");
        sets.MapGet("/{id}/skipped", Skipped).RequireScope(Scope.Read).WithName("ListSkippedInstructions")
            .WithSummary("The rows of the upload that were skipped, with their errors, in order");
        sets.MapDelete("/{id}", (string id, SparDb db, CancellationToken cancellationToken) =>
            Deleted.AnswerAsync<InstructionSet>(
                db, "instruction set", id, null, () => SkippedRowPages.DeleteAsync(db, id, cancellationToken), cancellationToken))
            .RequireScope(Scope.Admin).WithName("DeleteInstructionSet").WithSummary("Delete an instruction set that no run uses");
    }

    private static async Task<Results<Created<InstructionSetView>, Ok<UploadPreview>, InvalidProblem, UnsupportedUploadProblem>> Submit(
        HttpContext http, [AsParameters] UploadQuery query, SparDb db, TimeProvider time, CancellationToken cancellationToken,
        string? name = null, [FromQuery(Name = "last_answer")] string? lastAnswer = null)
    {
        if (UploadedFile.RefusalOf(http.Request) is { } refusal)
            return refusal;
        if (name is not null && ResourceName.Fault(name) is { } fault)
            return InvalidProblem.Of("invalid-name", fault);
        var errors = new List<FieldError>();
        var options = Read(query, lastAnswer, errors);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-upload", errors);
        await using var file = await UploadedFile.ReceiveAsync(http, cancellationToken);
        if (query.Preview is true)
            return TypedResults.Ok(await PreviewAsync(file, options, cancellationToken));
        var set = await new InstructionIntake(db, time, name, options).TakeAsync(file, cancellationToken);
        return TypedResults.Created($"/v1/instruction-sets/{set.Id}", InstructionSetView.Of(set));
    }

    private static async Task<Results<Ok<AddedInstructions>, Ok<UploadPreview>, NotFoundProblem, InvalidProblem, UnsupportedUploadProblem>>
        Append(
            string id, HttpContext http, [AsParameters] UploadQuery query, SparDb db, TimeProvider time,
            CancellationToken cancellationToken, [FromQuery(Name = "last_answer")] string? lastAnswer = null)
    {
        if (UploadedFile.RefusalOf(http.Request) is { } refusal)
            return refusal;
        var errors = new List<FieldError>();
        var options = Read(query, lastAnswer, errors);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-upload", errors);
        await using var file = await UploadedFile.ReceiveAsync(http, cancellationToken);
        if (query.Preview is true)
            return TypedResults.Ok(await PreviewAsync(file, options, cancellationToken));
        return await new InstructionIntake(db, time, null, options).AppendAsync(id, file, Foresee, cancellationToken) is { } added
            ? TypedResults.Ok(added)
            : NotFoundProblem.Of("instruction set", id);

        void Foresee(AddedInstructions result) =>
            http.Features.Get<AnswerForeseen>()?.Invoke(StatusCodes.Status200OK, null, result);
    }

    private static UploadOptions Read(UploadQuery query, string? lastAnswer, List<FieldError> errors)
    {
        var options = query.Read(
            [.. InstructionFormats.All.Select(f => f.Name)], [UnknownColumns.Refuse, UnknownColumns.Metadata, UnknownColumns.Ignore],
            errors);
        if (lastAnswer is not (null or Keep or Drop))
            errors.Add(new("last_answer", $"must be {Keep} or {Drop}, not '{lastAnswer}'."));
        return options with { DropLastAnswer = lastAnswer == Drop };
    }

    private static async Task<UploadPreview> PreviewAsync(
        UploadedFile file, UploadOptions options, CancellationToken cancellationToken)
    {
        using var reader = new UploadReader<InstructionDraft>(InstructionFormats.All, options);
        return await UploadPreview.OfAsync(reader, file, _ => [], cancellationToken);
    }

    private static async Task<Results<Ndjson<ExportedInstruction>, NotFoundProblem>> Export(
        string id, SparDb db, IDbContextFactory<SparDb> databases, CancellationToken cancellationToken) =>
        await db.InstructionSets.AnyAsync(s => s.Id == id, cancellationToken)
            ? new Ndjson<ExportedInstruction>(
                PagedRows.ReadAsync(
                    databases, -1, (read, after) => read.Instructions.AsNoTracking().Where(i => i.SetId == id && i.Ordinal > after)
                        .OrderBy(i => i.Ordinal), i => i.Ordinal, i => i.Messages.Sum(m => m.Content.Length), cancellationToken)
                .Select(ExportedInstruction.Of),
                $"{id}.jsonl")
            : NotFoundProblem.Of("instruction set", id);

    private static async Task<Ok<Page<InstructionSetView>>> List(
        [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.InstructionSets.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
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

    private static async Task<Results<Ok<Page<SkippedRow>>, NotFoundProblem>> Skipped(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken) =>
        await db.InstructionSets.AnyAsync(s => s.Id == id, cancellationToken)
            ? TypedResults.Ok(await SkippedRowPages.ReadAsync(db, id, page, cancellationToken))
            : NotFoundProblem.Of("instruction set", id);
}

/// <summary>The form of a JSON object with instructions, for the OpenAPI document.</summary>
/// <param name="Instructions">Each with <c>prompt</c> (a text) or <c>messages</c> (a conversation that ends with the user's), and optional
/// <c>constraints</c> (which are checked) and <c>metadata</c> (anything); both are stored as given.</param>
internal sealed record InstructionSetRequest(string Name, JsonElement Instructions);

/// <param name="Upload">How the first file was understood, which rows were skipped, and which repeat earlier ones.</param>
internal sealed record InstructionSetView(string Id, string Name, int Count, DateTimeOffset CreatedAt, UploadReport? Upload)
{
    public static InstructionSetView Of(InstructionSet s) => new(s.Id, s.Name, s.Count, s.CreatedAt, s.Upload);
}

/// <param name="Ordinal">Position in the set, from 0.</param>
internal sealed record InstructionView(
    string Id, int Ordinal, IReadOnlyList<ChatMessage> Messages, JsonNode? Constraints, JsonNode? Metadata)
{
    public static InstructionView Of(Instruction i) => new(i.Id, i.Ordinal, i.Messages, i.Constraints, i.Metadata);
}

/// <param name="Set">With what was added.</param>
/// <param name="Added">How many instructions.</param>
/// <param name="Upload">How the file was understood.</param>
internal sealed record AddedInstructions(InstructionSetView Set, int Added, UploadReport Upload);

/// <summary>A row as it can be submitted.</summary>
internal sealed record ExportedInstruction(
    IReadOnlyList<ChatMessage> Messages,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonNode? Constraints,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonNode? Metadata)
{
    public static ExportedInstruction Of(Instruction i) => new(i.Messages, i.Constraints, i.Metadata);
}
