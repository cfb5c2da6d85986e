using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace SPaR.Tests.Torch;

/// <summary>The trainer must compile and run on TorchSharp as on our own binding: what it uses of TorchSharp's names is written down, so
/// that a new use is a reviewed change. The binding has nothing that TorchSharp has not, but a member may mean something else there.</summary>
public sealed class MemberSnapshotTests
{
    [Fact]
    public void The_trainer_uses_the_members_of_TorchSharp_that_were_reviewed()
    {
        var used = string.Concat(MembersUsed(Path.Combine(AppContext.BaseDirectory, "SPaR.Torch.dll")).Select(member => member + "\n"));
        var snapshot = Path.Combine(AppContext.BaseDirectory, "Torch", "MemberSnapshot.snap");
        if (used != File.ReadAllText(snapshot))
            File.WriteAllText(snapshot + ".received", used);
        used.ShouldBe(
            File.ReadAllText(snapshot), $"Check new members in TorchSharp's source, then put {snapshot}.received in place of the snapshot.");
    }

    private static IEnumerable<string> MembersUsed(string assembly)
    {
        using var stream = File.OpenRead(assembly);
        using var file = new PEReader(stream);
        var metadata = file.GetMetadataReader();
        return [.. metadata.MemberReferences
            .Select(metadata.GetMemberReference)
            .Select(member => Describe(metadata, member))
            .OfType<string>()
            .Distinct()
            .Order(StringComparer.Ordinal)];
    }

    /// <returns>Null for a member of another library.</returns>
    private static string? Describe(MetadataReader metadata, MemberReference member)
    {
        var names = new MemberSnapshotTypeNames();
        var owner = member.Parent.Kind switch
        {
            HandleKind.TypeReference => names.GetTypeFromReference(metadata, (TypeReferenceHandle)member.Parent, 0),
            HandleKind.TypeSpecification =>
                metadata.GetTypeSpecification((TypeSpecificationHandle)member.Parent).DecodeSignature(names, null),
            _ => "",
        };
        if (!owner.StartsWith("TorchSharp.", StringComparison.Ordinal))
            return null;
        var name = $"{owner}.{metadata.GetString(member.Name)}";
        if (member.GetKind() == MemberReferenceKind.Field)
            return $"{member.DecodeFieldSignature(names, null)} {name}";
        var signature = member.DecodeMethodSignature(names, null);
        return $"{signature.ReturnType} {name}({string.Join(", ", signature.ParameterTypes)})";
    }
}
