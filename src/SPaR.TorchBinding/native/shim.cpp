// C functions over ATen, one for each call that the C# half makes (Interop/Native*.cs has them by the same names).
// A tensor is a pointer to an at::Tensor on the heap, which st_free deletes. A call that makes a tensor returns null when it fails, any
// other a negative number; st_error then has torch's text, per thread. Exceptions never cross into C#.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <string>
#include <vector>

#define API extern "C" __attribute__((visibility("default")))

namespace {

using at::IntArrayRef;
using at::Tensor;
using T = Tensor*;
using G = at::Generator*;

// The layout of Number in Interop/Number.cs.
struct Number {
  int32_t kind;
  double real;
  int64_t whole;

  operator at::Scalar() const {
    return kind == 0 ? at::Scalar(whole) : kind == 1 ? at::Scalar(real) : at::Scalar(whole != 0);
  }
};

thread_local std::string error;

template <class F>
auto guarded(F body, decltype(body()) failed) -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& e) {
    error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    error = e.what();
  } catch (...) {
    error = "an exception without text";
  }
  return failed;
}

template <class F>
T made(F body) {
  return guarded([&] { return new Tensor(body()); }, nullptr);
}

template <class F>
int64_t number(F body) {
  return guarded([&] { return static_cast<int64_t>(body()); }, -1);
}

template <class F>
int done(F body) {
  return guarded([&] { body(); return 0; }, -1);
}

c10::optional<at::ScalarType> type_or_own(int8_t dtype) {
  return dtype < 0 ? c10::nullopt : c10::make_optional(static_cast<at::ScalarType>(dtype));
}

at::TensorOptions options(int8_t dtype) { return at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)); }

at::Device place(int device, int index) { return at::Device(static_cast<at::DeviceType>(device), static_cast<at::DeviceIndex>(index)); }

// A null generator stands for torch's default one.
c10::optional<at::Generator> source(G generator) { return generator ? c10::make_optional(*generator) : c10::nullopt; }

std::vector<Tensor> all(T* tensors, int count) {
  std::vector<Tensor> result;
  for (int i = 0; i < count; i++) result.push_back(*tensors[i]);
  return result;
}

int64_t copy_out(IntArrayRef values, int64_t* into, int count) {
  for (int i = 0; i < count; i++) into[i] = values[i];
  return 0;
}

}  // namespace

API const char* st_error() { return error.c_str(); }
API void st_free(T tensor) { delete tensor; }

#define NUMBER(name, expr) API int64_t st_##name(T a) { return number([&] { return expr; }); }
NUMBER(dtype, static_cast<int>(a->scalar_type()))
NUMBER(dim, a->dim())
NUMBER(element_size, a->element_size())
NUMBER(numel, a->numel())
NUMBER(is_contiguous, a->is_contiguous())
NUMBER(requires_grad, a->requires_grad())
NUMBER(is_leaf, a->is_leaf())
NUMBER(has_grad, a->grad().defined())

API int64_t st_device(T a, int* type, int* index) {
  return done([&] { *type = static_cast<int>(a->device().type()); *index = a->device().index(); });
}
API int64_t st_sizes(T a, int64_t* into, int count) { return number([&] { return copy_out(a->sizes(), into, count); }); }
API int64_t st_strides(T a, int64_t* into, int count) { return number([&] { return copy_out(a->strides(), into, count); }); }
API void* st_data(T a) { return guarded([&] { return a->data_ptr(); }, nullptr); }
API int64_t st_item(T a, double* value) { return done([&] { *value = a->item().toDouble(); }); }

// Autograd.
API int64_t st_set_requires_grad(T a, int required) { return done([&] { a->set_requires_grad(required != 0); }); }
API T st_grad(T a) { return made([&] { return a->grad(); }); }
API int64_t st_set_grad(T a, T gradient) { return done([&] { a->mutable_grad() = *gradient; }); }
API int64_t st_clear_grad(T a) { return done([&] { a->mutable_grad() = Tensor(); }); }
API int64_t st_backward(T a, T* gradients, int gradient_count, int retain, int create, T* inputs, int input_count) {
  return done([&] {
    TORCH_CHECK(gradient_count <= 1, "backward takes one gradient, got ", gradient_count);
    auto leaves = all(inputs, input_count);
    c10::optional<at::TensorList> wanted;
    if (input_count > 0) wanted = leaves;
    a->backward(gradient_count ? *gradients[0] : Tensor(), retain != 0, create != 0, wanted);
  });
}
API int st_grad_enabled() { return at::GradMode::is_enabled(); }
API void st_set_grad_enabled(int enabled) { at::GradMode::set_enabled(enabled != 0); }
API int st_get_num_threads() { return at::get_num_threads(); }
API int64_t st_set_num_threads(int count) { return done([&] { at::set_num_threads(count); }); }

// New tensors.
API T st_filled(int filling, int64_t* sizes, int count, Number value, G generator, int8_t dtype, int device, int index) {
  return made([&] {
    auto how = options(dtype).device(place(device, index));
    IntArrayRef shape(sizes, count);
    switch (filling) {
      case 0: return at::empty(shape, how);
      case 1: return at::full(shape, value, how);
      case 2: return at::randn(shape, source(generator), how);
      default: return at::rand(shape, source(generator), how);
    }
  });
}
API T st_randint(int64_t low, int64_t high, int64_t* sizes, int count, G generator, int8_t dtype) {
  return made([&] { return at::randint(low, high, IntArrayRef(sizes, count), source(generator), options(dtype)); });
}
API T st_arange(Number start, Number stop, Number step, int8_t dtype) {
  return made([&] { return at::arange(start, stop, step, options(dtype)); });
}
// A view of memory that stays the caller's.
API T st_from_memory(void* data, int64_t* sizes, int count, int8_t dtype) {
  return made([&] { return at::from_blob(data, IntArrayRef(sizes, count), options(dtype)); });
}
API T st_to(T a, int8_t dtype, int device, int index, int non_blocking, int copy) {
  return made([&] { return a->to(place(device, index), static_cast<at::ScalarType>(dtype), non_blocking != 0, copy != 0); });
}

// Random numbers.
API G st_generator(uint64_t seed) {
  return guarded([&] { return new at::Generator(at::detail::createCPUGenerator(seed)); }, nullptr);
}
API G st_default_generator() { return guarded([&] { return new at::Generator(at::detail::getDefaultCPUGenerator()); }, nullptr); }
API void st_generator_free(G generator) { delete generator; }
API int64_t st_generator_seed(G generator, uint64_t seed) {
  return done([&] {
    std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_current_seed(seed);
  });
}
API T st_generator_state(G generator) { return made([&] { return generator->get_state(); }); }
API int64_t st_generator_set_state(G generator, T state) { return done([&] { generator->set_state(*state); }); }

// One tensor.
#define ONE(name, expr) API T st_##name(T a) { return made([&] { return expr; }); }
ONE(contiguous, a->contiguous())
ONE(view_as_complex, at::view_as_complex(*a))
ONE(view_as_real, at::view_as_real(*a))
ONE(clone, a->clone())
ONE(alias, a->alias())
ONE(detach, a->detach())
ONE(abs, a->abs())
ONE(cos, a->cos())
ONE(exp, a->exp())
ONE(expm1, a->expm1())
ONE(log, a->log())
ONE(log1p, a->log1p())
ONE(neg, a->neg())
ONE(reciprocal, a->reciprocal())
ONE(rsqrt, a->rsqrt())
ONE(sigmoid, a->sigmoid())
ONE(silu, at::silu(*a))
ONE(sin, a->sin())
ONE(sqrt, a->sqrt())
ONE(tanh, a->tanh())
ONE(logical_not, a->logical_not())
ONE(isfinite, a->isfinite())
ONE(isnan, a->isnan())
ONE(logsigmoid, at::log_sigmoid(*a))
ONE(t, a->t())
ONE(squeeze_all, a->squeeze())
ONE(mean_all, a->mean())
ONE(max_all, a->max())
ONE(min_all, a->min())
ONE(argmax_all, a->argmax())
ONE(all, a->all())
ONE(any, a->any())

// Two tensors.
#define TWO(name, expr) API T st_##name(T a, T b) { return made([&] { return expr; }); }
TWO(sub, a->sub(*b))
TWO(mul, a->mul(*b))
TWO(div, a->div(*b))
TWO(pow, a->pow(*b))
TWO(matmul, a->matmul(*b))
TWO(mm, a->mm(*b))
TWO(bmm, a->bmm(*b))
TWO(maximum, a->maximum(*b))
TWO(minimum, a->minimum(*b))
TWO(eq, a->eq(*b))
TWO(ne, a->ne(*b))
TWO(lt, a->lt(*b))
TWO(le, a->le(*b))
TWO(gt, a->gt(*b))
TWO(ge, a->ge(*b))
TWO(logical_and, a->logical_and(*b))
TWO(logical_or, a->logical_or(*b))
TWO(linear, at::linear(*a, *b))
API T st_add(T a, T b, Number alpha) { return made([&] { return a->add(*b, alpha); }); }
API T st_where(T condition, T a, T b) { return made([&] { return at::where(*condition, *a, *b); }); }
API T st_linear_bias(T a, T weights, T bias) { return made([&] { return at::linear(*a, *weights, *bias); }); }
API T st_masked_fill(T a, T mask, Number value) { return made([&] { return a->masked_fill(*mask, value); }); }

// A tensor and a number.
#define WITH(name) API T st_##name##_number(T a, Number b) { return made([&] { return a->name(static_cast<at::Scalar>(b)); }); }
WITH(add)
WITH(sub)
WITH(mul)
WITH(div)
WITH(pow)
WITH(eq)
WITH(ne)
WITH(lt)
WITH(le)
WITH(gt)
WITH(ge)
API T st_clamp(T a, int has_min, Number min, int has_max, Number max) {
  return made([&] {
    c10::optional<at::Scalar> low, high;
    if (has_min) low = static_cast<at::Scalar>(min);
    if (has_max) high = static_cast<at::Scalar>(max);
    return a->clamp(low, high);
  });
}
API T st_softmax(T a, int64_t dim, int8_t dtype) { return made([&] { return at::softmax(*a, dim, type_or_own(dtype)); }); }
API T st_log_softmax(T a, int64_t dim, int8_t dtype) { return made([&] { return at::log_softmax(*a, dim, type_or_own(dtype)); }); }
API T st_dropout(T a, double p, int training) { return made([&] { return at::dropout(*a, p, training != 0); }); }

// In place.
API int st_add_(T a, T b, Number alpha) { return done([&] { a->add_(*b, alpha); }); }
API int st_sub_(T a, T b) { return done([&] { a->sub_(*b); }); }
API int st_mul_(T a, T b) { return done([&] { a->mul_(*b); }); }
API int st_div_(T a, T b) { return done([&] { a->div_(*b); }); }
#define WITH_(name) API int st_##name##_number_(T a, Number b) { return done([&] { a->name##_(static_cast<at::Scalar>(b)); }); }
WITH_(add)
WITH_(sub)
WITH_(mul)
WITH_(div)
API int st_addcmul_(T a, T b, T c, Number value) { return done([&] { a->addcmul_(*b, *c, value); }); }
API int st_addcdiv_(T a, T b, T c, Number value) { return done([&] { a->addcdiv_(*b, *c, value); }); }
API int st_addmm_(T a, T b, T c, double beta, double alpha) { return done([&] { a->addmm_(*b, *c, beta, alpha); }); }
API int st_index_add_(T a, int64_t dim, T index, T source, Number alpha) {
  return done([&] { a->index_add_(dim, *index, *source, static_cast<at::Scalar>(alpha)); });
}
API int st_scatter_add_(T a, int64_t dim, T index, T source) { return done([&] { a->scatter_add_(dim, *index, *source); }); }
API int st_exp_(T a) { return done([&] { a->exp_(); }); }
API int st_sqrt_(T a) { return done([&] { a->sqrt_(); }); }
API int st_fill_(T a, Number value) { return done([&] { a->fill_(static_cast<at::Scalar>(value)); }); }
API int st_masked_fill_(T a, T mask, Number value) { return done([&] { a->masked_fill_(*mask, static_cast<at::Scalar>(value)); }); }
API int st_copy_(T a, T source, int non_blocking) { return done([&] { a->copy_(*source, non_blocking != 0); }); }
API int st_bernoulli_(T a, double p, G generator) { return done([&] { a->bernoulli_(p, source(generator)); }); }
API int st_normal_(T a, double mean, double std, G generator) { return done([&] { a->normal_(mean, std, source(generator)); }); }
API int st_uniform_(T a, double from, double to, G generator) { return done([&] { a->uniform_(from, to, source(generator)); }); }

// Shape and choice.
#define SIZES(name) API T st_##name(T a, int64_t* sizes, int count) { return made([&] { return a->name(IntArrayRef(sizes, count)); }); }
SIZES(view)
SIZES(reshape)
SIZES(permute)
SIZES(expand)
SIZES(repeat)
API T st_flatten(T a, int64_t start, int64_t end) { return made([&] { return a->flatten(start, end); }); }
API T st_transpose(T a, int64_t dim0, int64_t dim1) { return made([&] { return a->transpose(dim0, dim1); }); }
API T st_unsqueeze(T a, int64_t dim) { return made([&] { return a->unsqueeze(dim); }); }
API T st_squeeze(T a, int64_t dim) { return made([&] { return a->squeeze(dim); }); }
API T st_triu(T a, int64_t diagonal) { return made([&] { return a->triu(diagonal); }); }
API T st_tril(T a, int64_t diagonal) { return made([&] { return a->tril(diagonal); }); }
API T st_narrow(T a, int64_t dim, int64_t start, int64_t length) { return made([&] { return a->narrow(dim, start, length); }); }
API T st_slice(T a, int64_t dim, int64_t start, int64_t finish, int64_t step) {
  return made([&] { return a->slice(dim, start, finish, step); });
}
API T st_select(T a, int64_t dim, int64_t index) { return made([&] { return a->select(dim, index); }); }
API T st_gather(T a, int64_t dim, T index) { return made([&] { return a->gather(dim, *index); }); }
API T st_index_select(T a, int64_t dim, T index) { return made([&] { return a->index_select(dim, *index); }); }
API T st_repeat_interleave(T a, int64_t repeats, int has_dim, int64_t dim) {
  return made([&] { return a->repeat_interleave(repeats, has_dim ? c10::make_optional(dim) : c10::nullopt); });
}
API T st_cat(T* tensors, int count, int64_t dim) { return made([&] { return at::cat(all(tensors, count), dim); }); }
API T st_stack(T* tensors, int count, int64_t dim) { return made([&] { return at::stack(all(tensors, count), dim); }); }

// Reduction.
API T st_sum_all(T a, int8_t dtype) { return made([&] { return a->sum(type_or_own(dtype)); }); }
API T st_sum(T a, int64_t* dims, int count, int keep, int8_t dtype) {
  return made([&] { return a->sum(IntArrayRef(dims, count), keep != 0, type_or_own(dtype)); });
}
API T st_mean(T a, int64_t* dims, int count, int keep, int8_t dtype) {
  return made([&] { return a->mean(IntArrayRef(dims, count), keep != 0, type_or_own(dtype)); });
}
API T st_norm(T a, double p) { return made([&] { return a->norm(p); }); }
API T st_norm_dim(T a, double p, int64_t dim, int keep) { return made([&] { return a->norm(p, {dim}, keep != 0); }); }
API T st_cumsum(T a, int64_t dim, int8_t dtype) { return made([&] { return a->cumsum(dim, type_or_own(dtype)); }); }
API T st_logsumexp(T a, int64_t dim, int keep) { return made([&] { return a->logsumexp(dim, keep != 0); }); }
API T st_argmax(T a, int64_t dim, int keep) { return made([&] { return a->argmax(dim, keep != 0); }); }
API T st_all_dim(T a, int64_t dim, int keep) { return made([&] { return a->all(dim, keep != 0); }); }
API T st_any_dim(T a, int64_t dim, int keep) { return made([&] { return a->any(dim, keep != 0); }); }
API T st_max(T a, int64_t dim, int keep, T* indexes) {
  return made([&] {
    auto [values, places] = a->max(dim, keep != 0);
    *indexes = new Tensor(places);
    return values;
  });
}
